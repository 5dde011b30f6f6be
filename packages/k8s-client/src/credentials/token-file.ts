import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { parseDocument } from 'yaml'
import { fieldOf } from './field-of.ts'
import { kubeconfigFiles } from './kubeconfig-files.ts'

/**
 * Path of `users[].user.tokenFile` of a user, which client-node ignores. A relative path starts at the folder of its kubeconfig.
 * @param kubeconfigPath @default `KUBECONFIG` or `~/.kube/config`
 */
export function tokenFileOf(
  user: string | undefined,
  kubeconfigPath: string | undefined,
  parse: typeof parseDocument,
): string | undefined {
  for (const file of kubeconfigFiles(kubeconfigPath)) {
    const text = readFileSync(file, 'utf8')
    if (!text.includes('tokenFile')) continue
    // client-node has already read the file. Its parser is more tolerant, for example of duplicate keys.
    const config: unknown = parse(text, { uniqueKeys: false, logLevel: 'silent' }).toJS()
    for (const entry of listIn(config, 'users')) {
      const tokenFile = fieldOf(fieldOf(entry, 'user'), 'tokenFile')
      if (fieldOf(entry, 'name') !== user || typeof tokenFile !== 'string' || tokenFile === '') continue
      return path.resolve(path.dirname(file), tokenFile)
    }
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
