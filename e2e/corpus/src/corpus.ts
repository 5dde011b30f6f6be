import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import type { Seed } from '@ack-secret-manager/kms-simulator'
import { bytesOf, type ByteText } from './byte-text.ts'
import { caseFileSchema, type WrittenCase } from './case-file.ts'
import { conformanceCases } from './conformance-cases.ts'

type SeedSecret = NonNullable<Seed['secrets']>[number]

/** The expected result of a case. */
export type Expectation =
  | { readonly kind: 'secret'; readonly type: string; readonly data: Readonly<Record<string, string>> }
  | {
      readonly kind: 'refused'
      readonly reason: string
      readonly says: readonly string[]
      /** The message differs with and without a cluster. */
      readonly ownWords: boolean
    }
  | { readonly kind: 'invalid'; readonly admitted: boolean; readonly says: readonly string[] }

/** One ExternalSecret and its expected result, the same for CLI and operator. */
export interface CorpusCase {
  /** Name of the ExternalSecret: topic and number. */
  readonly id: string
  readonly topic: string
  readonly rule: string
  readonly spec: Readonly<Record<string, unknown>>
  readonly secrets: readonly SeedSecret[]
  readonly objects: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly expected: Expectation
}

const FOLDER = fileURLToPath(new URL('../cases', import.meta.url))

/** All cases, those of the conformance table included. @throws Error for an invalid file */
export function loadCorpus(): readonly CorpusCase[] {
  const files = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
  const cases = files.flatMap((file) => casesOf(file.replace('.yaml', ''), readFileSync(`${FOLDER}/${file}`, 'utf8')))
  const all = [...cases, ...conformanceCases().map((one, index) => corpusCase('values', one, index))]
  const names = all.flatMap(({ secrets }) => secrets.map(({ name }) => name))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`two cases have a KMS secret ${twice}`)
  return all
}

function casesOf(topic: string, text: string): readonly CorpusCase[] {
  const parsed = caseFileSchema.safeParse(parse(text))
  if (!parsed.success) throw new Error(`cases/${topic}.yaml: ${parsed.error.message}`)
  return parsed.data.cases.map((one, index) => corpusCase(topic, one, index))
}

function corpusCase(topic: string, one: WrittenCase, index: number): CorpusCase {
  const id = `${topic}-${index + 1}`
  return {
    id,
    topic,
    rule: one.rule,
    spec: specOf(one, id),
    secrets: secretsOf(one, id),
    objects: one.objects ?? [],
    expected: expectationOf(one),
  }
}

function specOf({ whole, extract, paths, entry, spec }: WrittenCase, key: string): CorpusCase['spec'] {
  if (whole !== undefined) return { data: [{ key, name: whole, ...entry }], ...spec }
  if (paths !== undefined) {
    const jmesPath = paths.map(([objectAlias, path]) => ({ path, objectAlias }))
    return { data: [{ key, jmesPath, ...entry }], ...spec }
  }
  if (extract !== undefined) {
    const { replaceRule, ...more } = extract
    const rules = replaceRule === undefined ? {} : { replaceRule }
    return { dataProcess: [{ extract: { key, ...more, ...entry }, ...rules }], ...spec }
  }
  return spec ?? {}
}

function secretsOf({ value, binary, secrets = [] }: WrittenCase, id: string): readonly SeedSecret[] {
  const own = value === undefined ? [] : [seedSecret(id, value, binary ?? false)]
  const others = secrets.map(([name, secret]) =>
    typeof secret === 'object' && 'seed' in secret
      ? ({ name, ...secret.seed } as SeedSecret)
      : seedSecret(name, secret, typeof secret === 'object' && 'base64' in secret),
  )
  return [...own, ...others]
}

function seedSecret(name: string, value: ByteText, binary: boolean): SeedSecret {
  const dataBase64 = bytesOf(value).toString('base64')
  return { name, dataType: binary ? 'binary' : 'text', versions: [{ id: 'v1', dataBase64 }] }
}

function expectationOf({ gives = [], type = 'Opaque', refused, invalid }: WrittenCase): Expectation {
  const said = refused ?? invalid
  const says = said?.field === undefined ? (said?.says ?? []) : [said.field, ...said.says]
  if (refused !== undefined) return { kind: 'refused', reason: refused.reason, says, ownWords: refused.ownWords }
  if (invalid !== undefined) return { kind: 'invalid', admitted: invalid.admitted, says }
  const data = gives.map(([key, value]) => [key, bytesOf(value).toString('base64')])
  return { kind: 'secret', type, data: Object.fromEntries(data) as Readonly<Record<string, string>> }
}
