import { z } from 'zod'

const MAX_DELAY_MS = 3_600_000

/** Settings of the metadata service, in the seed and on the control port. */
export const metadataFields = {
  /** The role of the machine; null for none. */
  role: z.string().min(1).max(64).nullable().optional(),
  tokenRequired: z.boolean().optional(),
  tokenService: z.boolean().optional(),
  sessionSeconds: z.int().min(1).max(86_400).optional(),
  instanceId: z
    .string()
    .regex(/^[A-Za-z0-9._-]{2,64}$/, 'letters, digits and ._- only')
    .optional(),
  delayMs: z.int().min(0).max(MAX_DELAY_MS).optional(),
}

/** The part `metadata` of a seed, and the body of `PUT /metadata`. */
export const metadataSchema = z.strictObject(metadataFields)
