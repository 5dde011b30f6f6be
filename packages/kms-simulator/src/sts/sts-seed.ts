import { z } from 'zod'
import { allowSchema } from '../gateway/allow-schema.ts'
import { jwksSchema } from './oidc/oidc-keys.ts'

const MAX_ENTRIES = 1_000
const MAX_SESSION_SECONDS = 43_200
const MIN_SESSION_SECONDS = 900

const trustSchema = z.strictObject({
  ecs: z.boolean().optional(),
  oidc: z
    .strictObject({ issuer: z.string().min(1), audience: z.string().min(1), subject: z.string().min(1) })
    .optional(),
  accessKeys: z.array(z.string().min(1)).max(MAX_ENTRIES).optional(),
  roles: z.array(z.string().min(1)).max(MAX_ENTRIES).optional(),
  externalId: z.string().min(2).max(1_224).optional(),
})

/** A role without its name. */
export const roleFields = {
  account: z
    .string()
    .regex(/^\d{1,32}$/, 'digits in quotes')
    .optional(),
  trust: trustSchema.default({}),
  allow: allowSchema.default([]),
  maxSessionSeconds: z.int().min(MIN_SESSION_SECONDS).max(MAX_SESSION_SECONDS).default(3_600),
}

/** A role of the seed. */
export const roleSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'letters, digits and ._- only, at most 64'),
  ...roleFields,
})

/** An identity provider without its ARN. */
export const oidcProviderFields = {
  issuer: z.string().min(1),
  clientIds: z.array(z.string().min(1)).min(1).max(50).default(['sts.aliyuncs.com']),
  jwks: jwksSchema.optional(),
  jwksFile: z.string().min(1).optional(),
  jwksUrl: z.url({ protocol: /^https?$/ }).optional(),
}

/** An identity provider has exactly one key source. */
export function hasOneKeySource(provider: { jwks?: unknown; jwksFile?: unknown; jwksUrl?: unknown }): boolean {
  return [provider.jwks, provider.jwksFile, provider.jwksUrl].filter((source) => source !== undefined).length === 1
}

/** Message for {@link hasOneKeySource}. */
export const NEEDS_KEYS = { message: 'needs one of jwks, jwksFile and jwksUrl' }

/** An identity provider of the seed. */
export const oidcProviderSchema = z
  .strictObject({
    arn: z
      .string()
      .regex(/^acs:ram::\d{1,32}:oidc-provider\/[A-Za-z0-9._-]{1,128}$/, 'acs:ram::ACCOUNT:oidc-provider/NAME'),
    ...oidcProviderFields,
  })
  .refine(hasOneKeySource, NEEDS_KEYS)
