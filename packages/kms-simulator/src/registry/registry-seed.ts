import { parseDuration } from '@ack-secret-manager/core'
import { z } from 'zod'

/** An instance of Container Registry of the seed. */
export const registrySchema = z.strictObject({
  id: z.string().regex(/^cri-[a-z0-9]{1,60}$/, 'an id such as cri-abcdefgh12345678'),
  tokenLifetime: z
    .string()
    .refine((text) => (parseDuration(text) ?? 0) >= 1_000, 'a duration such as 1h')
    .default('1h'),
  /** Domain names at which the tokens of the instance log in. */
  domains: z
    .array(z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, 'a domain name in lower case, without a port'))
    .max(10)
    .default([]),
  /** GetAuthorizationToken answers with status 200 and `IsSuccess: false`. */
  failing: z.boolean().default(false),
})
