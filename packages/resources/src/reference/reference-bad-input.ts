import { z } from 'zod'
import { formatPath } from '../schema/format-path.ts'
import { isObject, type JsonObject } from '../schema/plain.ts'
import { problemsOf } from '../parse/problem.ts'
import { metaOf, unwrap } from '../schema/schema-tree.ts'

/** Texts that are invalid for some fields, from likely to odd. */
const TEXTS: readonly string[] = ['Not valid', 'https://example.com/', '1', '../x', '-']
/** A YAML number without quotes. */
const NO_TEXT = 5432

/** Position of a field in a spec, for checks across fields. */
export interface FieldPlace {
  readonly name: string
  /** Path of the object around it, below the spec; for lists, of the first entry. */
  readonly around: ReadonlyArray<string | 0>
  readonly spec: z.ZodType
  /** A spec that is valid. */
  readonly example: unknown
}

/** The parser's message for an input that `field` rejects; undefined if it accepts every input. */
export function badInputMessage(field: z.ZodType, place?: FieldPlace): string | undefined {
  const { invalidExample } = metaOf(field) ?? {}
  const message = place && invalidExample && messageInPlace(place, invalidExample)
  if (message !== undefined) return message
  for (const input of badInputs(unwrap(field))) {
    const parsed = field.safeParse(input, { reportInput: true })
    if (!parsed.success) return problemsOf(field, parsed.error.issues)[0]?.message
  }
  return undefined
}

/** Undefined if the object is valid at this position: a field may be used at several positions. */
function messageInPlace({ name, around, spec, example }: FieldPlace, object: JsonObject): string | undefined {
  const parsed = spec.safeParse(placed(example, around, object), { reportInput: true })
  const path = formatPath(['spec', ...around, name])
  return problemsOf(spec, parsed.error?.issues ?? []).find(({ field }) => field === path)?.message
}

function placed(root: unknown, [part, ...rest]: FieldPlace['around'], value: unknown): unknown {
  if (part === undefined) return value
  if (part === 0) return [placed(Array.isArray(root) ? root[0] : undefined, rest, value)]
  const fields = isObject(root) ? root : {}
  return { ...fields, [part]: placed(fields[part], rest, value) }
}

function badInputs(schema: z.ZodType): readonly unknown[] {
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => String(option).slice(0, -1))
  if (schema instanceof z.ZodBoolean) return ['yes']
  return schema instanceof z.ZodString ? [...TEXTS, NO_TEXT] : ['text']
}
