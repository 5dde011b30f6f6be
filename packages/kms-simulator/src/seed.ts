import { parseDuration } from '@ack-secret-manager/core'
import { z } from 'zod'
import { isLabel, isSecretName, DATA_TYPES, LIMITS, SECRET_TYPES } from './kms/secret.ts'

const MAX_SECRETS = 100_000
const MAX_ACCESS_KEYS = 1_000
const MAX_STATEMENTS = 100
const MAX_PATTERNS = 1_000
const MAX_QUOTA = 1_000_000

const pattern = z.string().min(1).max(512)

const allowSchema = z.strictObject({
  actions: z.array(pattern).min(1).max(MAX_PATTERNS),
  resources: z.array(pattern).min(1).max(MAX_PATTERNS),
})

/** What an access key is, apart from its id. */
export const accessKeyFields = {
  secret: z.string().min(1).max(256),
  securityToken: z.string().min(1).max(8_192).optional(),
  expiration: z.iso.datetime({ offset: true }).optional(),
  allow: z.array(allowSchema).max(MAX_STATEMENTS).default([]),
}

/** A key is temporary or it is not: the id, the token and the expiration have to agree. */
export function whyKeyIsInconsistent(key: {
  readonly id: string
  readonly securityToken?: string | undefined
  readonly expiration?: string | undefined
}): string | undefined {
  if (key.id.startsWith('STS.') && key.securityToken === undefined) return 'a key STS.… needs a securityToken'
  if (key.expiration !== undefined && key.securityToken === undefined) return 'expiration needs a securityToken'
  return undefined
}

const accessKeySchema = z
  .strictObject({ id: z.string().regex(/^[A-Za-z0-9._-]{1,128}$/, 'not an access key id'), ...accessKeyFields })
  .superRefine((key, context) => {
    const why = whyKeyIsInconsistent(key)
    if (why !== undefined) context.addIssue({ code: 'custom', message: why })
  })

const label = z.string().refine(isLabel, 'letters, digits and _/+=.-@ only, at most 64')

/** `data`, or `dataBase64`: one of them. */
export const dataFields = {
  data: z.string().max(LIMITS.dataBytes).optional(),
  dataBase64: z.base64().optional(),
}

const versionSchema = z
  .strictObject({ id: label, stages: z.array(label).max(LIMITS.stages).optional(), ...dataFields })
  .refine((version) => (version.data === undefined) !== (version.dataBase64 === undefined), {
    message: 'needs either data or dataBase64',
  })

const rotationSchema = z.strictObject({
  automatic: z.boolean(),
  interval: z
    .string()
    .refine((text) => (parseDuration(text) ?? 0) >= 1_000, 'a duration such as 604800s')
    .optional(),
  next: z.iso.datetime({ offset: true }).optional(),
})

const secretSchema = z
  .strictObject({
    name: z.string().refine(isSecretName, 'letters, digits and _/+=.-@ only, at most 192'),
    type: z.enum(SECRET_TYPES).default('Generic'),
    dataType: z.enum(DATA_TYPES).default('text'),
    versions: z.array(versionSchema).min(1).max(LIMITS.versions),
    rotation: rotationSchema.optional(),
  })
  .superRefine((secret, context) => {
    const ids = secret.versions.map(({ id }) => id)
    const stages = secret.versions.flatMap((version) => version.stages ?? [])
    const fail = (message: string): void => context.addIssue({ code: 'custom', path: ['versions'], message })
    if (new Set(ids).size !== ids.length) fail('two versions have the same id')
    if (new Set(stages).size !== stages.length) fail('two versions have the same stage')
    if (stages.length > LIMITS.stages) fail(`there are more than ${LIMITS.stages} stages`)
    const needsStages = ids.length > 1 || stages.length > 0
    if (needsStages && !stages.includes('ACSCurrent')) fail('one version has to have the stage ACSCurrent')
  })

function unique(values: readonly string[]): boolean {
  return new Set(values).size === values.length
}

/** Parts of a seed that are planned; naming one is an error until it has an effect. */
export const UNSUPPORTED_PARTS = ['roles', 'instances', 'oidcProviders', 'parameters', 'metadata'] as const

/** What the simulator starts with. */
export const seedSchema = z.strictObject({
  account: z
    .string()
    .regex(/^\d{1,32}$/, 'digits in quotes')
    .default('1234567890123456'),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, 'a region such as cn-hangzhou')
    .default('cn-hangzhou'),
  accessKeys: z
    .array(accessKeySchema)
    .max(MAX_ACCESS_KEYS)
    .refine((keys) => unique(keys.map(({ id }) => id)), 'two keys have the same id')
    .default([]),
  quota: z.strictObject({ getSecretValuePerSecond: z.int().min(0).max(MAX_QUOTA).optional() }).default({}),
  secrets: z
    .array(secretSchema)
    .max(MAX_SECRETS)
    .refine((secrets) => unique(secrets.map(({ name }) => name)), 'two secrets have the same name')
    .default([]),
})

/** A seed as it is written: fields with a default may be left out. */
export type Seed = z.input<typeof seedSchema>

/** A seed with its defaults filled in. */
export type CompleteSeed = z.output<typeof seedSchema>
