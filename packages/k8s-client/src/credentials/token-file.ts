import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { parseDocument } from 'yaml'
import { fieldOf } from './field-of.ts'

/**
 * Path of `users[].user.tokenFile` of a user, which client-node ignores. A relative path starts at the folder of its kubeconfig.
 * @param files of the kubeconfig; the first one that has the user counts
 */
export function tokenFileOf(
  user: string | undefined,
  files: readonly string[],
  parse: typeof parseDocument,
): string | undefined {
  const texts = files.map((file) => ({ file, text: readFileSync(file, 'utf8') }))
  if (!texts.some(({ text }) => text.includes('tokenFile'))) return undefined
  for (const { file, text } of texts) {
    // client-node has already read the file. Its parser is more tolerant, for example of duplicate keys.
    const config: unknown = parse(text, { uniqueKeys: false, logLevel: 'silent' }).toJS()
    const entry = listIn(config, 'users').find((each) => fieldOf(each, 'name') === user)
    if (entry === undefined) continue
    const tokenFile = fieldOf(fieldOf(entry, 'user'), 'tokenFile')
    return typeof tokenFile === 'string' && tokenFile !== '' ? path.resolve(path.dirname(file), tokenFile) : undefined
  }
  return undefined
}

/** @throws Error with the reason, without the content */
export async function readTokenFile(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`cannot be read (${error.code ?? error.name})`)
  })
  const token = text.trim()
  if (token === '') throw new Error('is empty')
  // Node rejects such a header with a message that does not name the file.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error('is not a token')
  return token
}

function listIn(value: unknown, field: string): readonly unknown[] {
  const list = fieldOf(value, field)
  return Array.isArray(list) ? list : []
}
