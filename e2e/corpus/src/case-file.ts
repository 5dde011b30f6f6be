import { z } from 'zod'
import { byteTextSchema } from './byte-text.ts'

/** An object of Kubernetes, or a part of one. Not `z.record`, which leaves out `__proto__`. */
const anyObject = z.custom<Readonly<Record<string, unknown>>>((given) => isObject(given), 'expected a mapping')

/** A mapping as its entries, `__proto__` included. */
function byKey<Value>(value: z.ZodType<Value>) {
  return z.preprocess(
    (given) => (isObject(given) ? Object.entries(given) : given),
    z.array(z.tuple([z.string(), value])),
  )
}

function isObject(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null && !Array.isArray(given)
}

/** A secret in KMS: its value, or all that the simulator's seed knows to say of one. */
const kmsSecretSchema = z.union([byteTextSchema, z.strictObject({ seed: anyObject })])

const refusedSchema = z.strictObject({
  /** Reason of the Ready condition. */
  reason: z.string(),
  /** Path that the message has to name. */
  field: z.string().optional(),
  /** Parts of the message. */
  says: z.array(z.string()).default([]),
  /** The message differs with and without a cluster. */
  ownWords: z.boolean().default(false),
})

const invalidSchema = z.strictObject({
  ...refusedSchema.omit({ reason: true, ownWords: true }).required({ field: true }).shape,
  /** The API server cannot tell: it takes it, and the operator says InvalidSpec. */
  admitted: z.boolean().default(false),
})

/**
 * One ExternalSecret, what there is in KMS, and what must come of it. Most read one secret in one way and say so in
 * short: `value` with `whole`, `extract` or `paths`.
 */
const caseSchema = z
  .strictObject({
    /** What the case proves, as a sentence. */
    rule: z.string().min(1),
    /** The one secret. */
    value: byteTextSchema.optional(),
    /** KMS keeps it as bytes; otherwise as text. */
    binary: z.literal(true).optional(),
    /** The key that gets it whole. */
    whole: z.string().optional(),
    /** Its members become keys; may hold `replaceRule` and fields of the entry. */
    extract: anyObject.optional(),
    /** JMESPath by key. */
    paths: byKey(z.string()).optional(),
    /** Further fields of the entry. */
    entry: anyObject.optional(),
    /** In full: secrets in KMS by name, unique in the corpus. */
    secrets: byKey(kmsSecretSchema).optional(),
    /** In full, or further fields of the spec. */
    spec: anyObject.optional(),
    /** Further objects of Kubernetes that the spec refers to. */
    objects: z.array(anyObject).optional(),
    /** The Secret: values by key. */
    gives: byKey(byteTextSchema).optional(),
    /** Its type. @default Opaque */
    type: z.string().optional(),
    /** Nothing is written, for this reason. */
    refused: refusedSchema.optional(),
    /** No command takes it, and no API server unless it says so. */
    invalid: invalidSchema.optional(),
  })
  .refine((one) => [one.gives, one.refused, one.invalid].filter((each) => each !== undefined).length === 1, {
    message: 'needs one of gives, refused and invalid',
  })
  .refine((one) => [one.whole, one.extract, one.paths, one.secrets].filter((each) => each !== undefined).length === 1, {
    message: 'needs one of whole, extract, paths and secrets',
  })

/** A file of cases. */
export const caseFileSchema = z.strictObject({
  /** What the cases are about, as a sentence. */
  about: z.string(),
  cases: z.array(caseSchema).min(1),
})

/** One case as it is written. */
export type WrittenCase = z.output<typeof caseSchema>
