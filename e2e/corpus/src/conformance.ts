import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { type ByteText, byteTextSchema } from './byte-text.ts'

const resultSchema = z.union([z.string(), z.strictObject({ refused: z.string() })])
const goResultSchema = z.union([z.string(), z.strictObject({ is: z.enum(['the whole document', 'nothing']) })])
/** One result for both versions, or one for each. */
const goSchema = z.union([goResultSchema, z.tuple([goResultSchema, goResultSchema])])

const rowSchema = z
  .strictObject({
    json: z.string().optional(),
    yaml: z.string().optional(),
    document: byteTextSchema.optional(),
    extract: resultSchema,
    jmesPath: resultSchema.optional(),
    /** Result of `extract` for the other members of the document. */
    others: z.record(z.string(), z.string()).default({}),
    go: z.strictObject({ extract: goSchema.optional(), jmesPath: goSchema.optional() }).default({}),
  })
  .transform(({ json, yaml, document, extract, jmesPath = extract, others, go }) => ({
    /** As written in the document. */
    written: json ?? yaml ?? document ?? '',
    document: document ?? (json === undefined ? lineEnd(`key: ${yaml}`) : `{"key": ${json}}`),
    extract,
    jmesPath,
    others,
    go,
  }))

function lineEnd(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}

const sectionsSchema = z.array(
  z.strictObject({ title: z.string(), about: z.string(), rows: z.array(rowSchema).min(1) }),
)

/** The bytes written for a value, or the reason if nothing is written. */
export type Result = z.output<typeof resultSchema>
/** Result of the Go operator. */
export type GoResult = z.output<typeof goSchema>
/** One value and its result. */
export interface Row extends z.output<typeof rowSchema> {
  readonly document: ByteText
}
/** Rows about one subject. */
export type Section = z.output<typeof sectionsSchema>[number]

const FILE = fileURLToPath(new URL('../conformance/values.yaml', import.meta.url))

/** The rows of the conformance table. @throws Error for an invalid file */
export function conformanceSections(): readonly Section[] {
  const parsed = sectionsSchema.safeParse(parse(readFileSync(FILE, 'utf8')))
  if (!parsed.success) throw new Error(`conformance/values.yaml: ${parsed.error.message}`)
  return parsed.data
}
