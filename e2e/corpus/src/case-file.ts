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

/** A secret in KMS: its value, or a full secret of the simulator's seed. */
const kmsSecretSchema = z.union([byteTextSchema, z.strictObject({ seed: anyObject })])

const refusedSchema = z.strictObject({
  /** Reason of the Ready condition. */
  reason: z.string(),
  /** Path that the message must contain. */
  field: z.string().optional(),
  /** Texts that the message must contain. */
  says: z.array(z.string()).default([]),
  /** The message differs with and without a cluster. */
  ownWords: z.boolean().default(false),
})

const invalidSchema = z.strictObject({
  ...refusedSchema.omit({ reason: true, ownWords: true }).required({ field: true }).shape,
  /** The API server cannot detect the error: it accepts the resource, and the operator reports InvalidSpec. */
  admitted: z.boolean().default(false),
})

/**
 * One ExternalSecret, the secrets in KMS, and the expected result. Most cases read one secret in one way and use the short form: `value`
 * with `whole`, `extract` or `paths`.
 */
const caseSchema = z
  .strictObject({
    /** The rule that the case proves, as a sentence. */
    rule: z.string().min(1),
    /** The only secret. */
    value: byteTextSchema.optional(),
    /** KMS stores it as binary data; otherwise as text. */
    binary: z.literal(true).optional(),
    /** The key for the whole value. */
    whole: z.string().optional(),
    /** Its members become keys; may contain `replaceRule` and fields of the entry. */
    extract: anyObject.optional(),
    /** JMESPath by key. */
    paths: byKey(z.string()).optional(),
    /** Other fields of the entry. */
    entry: anyObject.optional(),
    /** Full form: secrets in KMS by name, unique in the corpus. */
    secrets: byKey(kmsSecretSchema).optional(),
    /** Full form, or other fields of the spec. */
    spec: anyObject.optional(),
    /** Other Kubernetes objects that the spec refers to. */
    objects: z.array(anyObject).optional(),
    /** The expected Secret: values by key. */
    gives: byKey(byteTextSchema).optional(),
    /** Its type. @default Opaque */
    type: z.string().optional(),
    /** Nothing is written, with this reason. */
    refused: refusedSchema.optional(),
    /** Every command rejects it, and so does the API server unless stated otherwise. */
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
  /** The subject of the cases, as a sentence. */
  about: z.string(),
  cases: z.array(caseSchema).min(1),
})

/** One case in a case file. */
export type WrittenCase = z.output<typeof caseSchema>
