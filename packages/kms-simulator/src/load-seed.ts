import { readFile, stat } from 'node:fs/promises'
import { SecretSyncError } from '@ack-secret-manager/core'
import { parse, YAMLParseError } from 'yaml'
import { describeIssues } from './describe-issues.ts'
import { type CompleteSeed, seedSchema } from './seed.ts'

const MAX_SEED_BYTES = 64 * 1024 * 1024

function invalid(what: string, why: string, field: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `${what}: ${why}`, { facts: { field } })
}

/**
 * Checks a seed and fills in its defaults.
 * @param what names the seed in an error, such as `seed demo.yaml`
 * @throws SecretSyncError `InvalidSpec` naming each invalid field
 */
export function parseSeed(value: unknown, what = 'seed'): CompleteSeed {
  const result = seedSchema.safeParse(value)
  if (result.success) return result.data
  const { message, field } = describeIssues(result.error)
  throw invalid(what, message, field)
}

/**
 * Reads a seed from a YAML file of at most 64 MiB.
 * @throws SecretSyncError `InvalidSpec` when it cannot be read, is not YAML, or has an invalid field
 */
export async function loadSeed(path: string): Promise<CompleteSeed> {
  const what = `seed ${path}`
  let text: string
  try {
    const { size } = await stat(path)
    if (size > MAX_SEED_BYTES) throw invalid(what, `it is larger than ${MAX_SEED_BYTES} bytes`, '')
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof SecretSyncError) throw error
    throw invalid(what, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`, '')
  }
  let document: unknown
  try {
    document = parse(text)
  } catch (error) {
    // The message of the library quotes the line, which may contain a value.
    const { code, linePos: [at] = [] } = error instanceof YAMLParseError ? error : {}
    const why = code === 'MULTIPLE_DOCS' ? 'has more than one YAML document' : 'is not YAML'
    throw invalid(what, `${why}${at === undefined ? '' : ` (line ${at.line}, column ${at.col})`}`, '')
  }
  return parseSeed(document ?? {}, what)
}
