import { parseDuration } from '@ack-secret-manager/core'
import { z } from 'zod'
import { allowSchema } from './gateway/allow-schema.ts'
import { instancesSchema } from './instance/instance-seed.ts'
import { isLabel, isSecretName, DATA_TYPES, LIMITS, SECRET_TYPES } from './kms/secret.ts'
import { metadataSchema } from './metadata/metadata-seed.ts'
import { parameterSchema } from './oos/oos-seed.ts'
import { registrySchema } from './registry/registry-seed.ts'
import { eventRulesSchema, queuesSchema } from './smq/smq-seed.ts'
import { oidcProviderSchema, roleSchema } from './sts/sts-seed.ts'

const MAX_SECRETS = 100_000
const MAX_ACCESS_KEYS = 1_000
const MAX_ROLES = 1_000
const MAX_OIDC_PROVIDERS = 100
const MAX_PARAMETERS = 10_000
const MAX_REGISTRIES = 100
const MAX_QUOTA = 1_000_000

/** An access key without its id. */
export const accessKeyFields = {
  secret: z.string().min(1).max(256),
  securityToken: z.string().min(1).max(8_192).optional(),
  expiration: z.iso.datetime({ offset: true }).optional(),
  allow: allowSchema.default([]),
}

/** The id, the token and the expiration must agree on whether a key is temporary. */
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

/** Exactly one of `data` and `dataBase64`. */
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
    description: z.string().max(LIMITS.descriptionLength).default(''),
    tags: z
      .record(z.string().min(1).max(LIMITS.tagLength), z.string().max(LIMITS.tagLength))
      .refine((tags) => Object.keys(tags).length <= LIMITS.tags, `at most ${LIMITS.tags} tags`)
      .default({}),
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

const quota = z.int().min(0).max(MAX_QUOTA).optional()

const seedObject = z.strictObject({
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
  quota: z
    .strictObject({
      getSecretValuePerSecond: quota,
      instancePerSecond: quota,
      stsPerSecond: quota,
      writePerSecond: quota,
      listPerSecond: quota,
      rotatePerHour: quota,
    })
    .default({}),
  secrets: z
    .array(secretSchema)
    .max(MAX_SECRETS)
    .refine((secrets) => unique(secrets.map(({ name }) => name)), 'two secrets have the same name')
    .default([]),
  roles: z
    .array(roleSchema)
    .max(MAX_ROLES)
    .refine((roles) => unique(roles.map(({ name }) => name)), 'two roles have the same name')
    .optional(),
  oidcProviders: z
    .array(oidcProviderSchema)
    .max(MAX_OIDC_PROVIDERS)
    .refine((providers) => unique(providers.map(({ arn }) => arn)), 'two providers have the same ARN')
    .optional(),
  metadata: metadataSchema.optional(),
  instances: instancesSchema.optional(),
  queues: queuesSchema.optional(),
  eventRules: eventRulesSchema.optional(),
  registries: z
    .array(registrySchema)
    .max(MAX_REGISTRIES)
    .refine((registries) => unique(registries.map(({ id }) => id)), 'two registries have the same id')
    .refine((registries) => unique(registries.flatMap(({ domains }) => domains)), 'two registries have the same domain')
    .optional(),
  parameters: z
    .array(parameterSchema)
    .max(MAX_PARAMETERS)
    .refine((parameters) => unique(parameters.map(({ name }) => name)), 'two parameters have the same name')
    .optional(),
})

/** Initial state of the simulator. */
export const seedSchema = seedObject.superRefine(({ metadata, roles = [], queues = [], eventRules = [] }, context) => {
  for (const [at, { queue }] of eventRules.entries()) {
    if (queues.some(({ name: known }) => known === queue)) continue
    context.addIssue({ code: 'custom', path: ['eventRules', at, 'queue'], message: 'there is no queue of that name' })
  }
  const name = metadata?.role
  if (typeof name !== 'string' || roles.some((role) => role.name === name && role.trust.ecs === true)) return
  context.addIssue({
    code: 'custom',
    path: ['metadata', 'role'],
    message: 'there is no role of that name with trust.ecs',
  })
})

/** A seed before parsing: fields with a default are optional. */
export type Seed = z.input<typeof seedSchema>

/** A seed with its defaults filled in. */
export type CompleteSeed = z.output<typeof seedSchema>
