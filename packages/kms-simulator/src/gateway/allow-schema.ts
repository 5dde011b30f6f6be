import { z } from 'zod'

const MAX_STATEMENTS = 100
const MAX_PATTERNS = 1_000

const pattern = z.string().min(1).max(512)

/** Allow statements of a seed or the control port. */
export const allowSchema = z
  .array(
    z.strictObject({
      actions: z.array(pattern).min(1).max(MAX_PATTERNS),
      resources: z.array(pattern).min(1).max(MAX_PATTERNS),
    }),
  )
  .max(MAX_STATEMENTS)
