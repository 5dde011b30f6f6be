import { z } from 'zod'

const MAX_VALUE_LENGTH = 4_096
const MAX_TAG_LENGTH = 128

/** A parameter without its name. */
export const parameterFields = {
  value: z.string().min(1).max(MAX_VALUE_LENGTH),
  version: z.int().min(1).max(1_000_000).optional(),
  tags: z.record(z.string().min(1).max(MAX_TAG_LENGTH), z.string().max(MAX_TAG_LENGTH)).optional(),
}

/** Whether OOS accepts a text as the name of a parameter. */
export function isParameterName(text: string): boolean {
  return /^[A-Za-z0-9_./-]{1,200}$/.test(text)
}

/** An encrypted parameter of the seed. */
export const parameterSchema = z.strictObject({
  name: z.string().refine(isParameterName, 'letters, digits and _./- only, at most 200'),
  ...parameterFields,
})

/** Body of `PUT /parameters/NAME`. */
export const putParameterSchema = z.strictObject(parameterFields)
