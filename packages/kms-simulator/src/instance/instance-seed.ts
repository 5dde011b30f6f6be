import { z } from 'zod'

const MAX_CLIENT_KEYS = 100
const MAX_INSTANCES = 20
const MAX_PATTERNS = 1_000
const MAX_QUOTA = 1_000_000_000

/** Resources of an instance that have a quota. */
const INSTANCE_QUOTAS = ['qps', 'secret', 'key', 'vpc'] as const

/** A client key without its id. */
export const clientKeyFields = {
  /** Printable ASCII, because PKCS#12 writers encode other characters differently. */
  password: z.string().regex(/^[ -~]{1,64}$/, 'printable ASCII, at most 64 characters'),
  secrets: z.array(z.string().min(1).max(512)).max(MAX_PATTERNS).default(['*']),
  notAfter: z.iso.datetime({ offset: true }).optional(),
  encryption: z.enum(['legacy', 'aes']).default('legacy'),
}

/** Whether a text is a valid id of a client key. */
export function isClientKeyId(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,128}$/.test(text)
}

const clientKeySchema = z
  .strictObject({
    id: z.string().refine(isClientKeyId, 'letters, digits and ._- only, at most 128'),
    file: z.string().min(1).optional(),
    ...clientKeyFields,
  })
  .refine(({ file, notAfter }) => file === undefined || notAfter === undefined, {
    message: 'the end of a key from a file is that of its certificate; remove notAfter',
  })

/** A KMS instance of the seed. */
export const instanceSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,63}$/, 'an id such as kst-demo'),
  clientKeys: z.array(clientKeySchema).max(MAX_CLIENT_KEYS).default([]),
  quotas: z.partialRecord(z.enum(INSTANCE_QUOTAS), z.int().min(0).max(MAX_QUOTA)).default({}),
})

/** The part `instances` of a seed. */
export const instancesSchema = z
  .array(instanceSchema)
  .max(MAX_INSTANCES)
  .superRefine((instances, context) => {
    const fail = (message: string): void => context.addIssue({ code: 'custom', message })
    const ids = instances.map(({ id }) => id)
    const keyIds = instances.flatMap(({ clientKeys }) => clientKeys.map(({ id }) => id))
    if (new Set(ids).size !== ids.length) fail('two instances have the same id')
    if (new Set(keyIds).size !== keyIds.length) fail('two client keys have the same id')
  })
