import { parseDuration } from '@ack-secret-manager/core'
import { z } from 'zod'

/** An instance of Container Registry of the seed. */
export const registrySchema = z.strictObject({
  id: z.string().regex(/^cri-[a-z0-9]{1,60}$/, 'an id such as cri-abcdefgh12345678'),
  tokenLifetime: z
    .string()
    .refine((text) => (parseDuration(text) ?? 0) >= 1_000, 'a duration such as 1h')
    .default('1h'),
  /** GetAuthorizationToken answers with status 200 and `IsSuccess: false`. */
  failing: z.boolean().default(false),
})
