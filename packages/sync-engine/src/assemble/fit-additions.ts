import { SecretSyncError } from '@ack-secret-manager/core'
import type { EntryFailure } from '../model/desired-secret.ts'
import type { ExtractedKeys } from './extract-keys.ts'
import { byteLengthOf, type ExtractedKey } from './extracted-key.ts'

/** Refuses additions of finds that exceed the size of a Secret, in the order of the plan. Existing keys come first. */
export function fitAdditions(extracted: ExtractedKeys, maxBytes: number): ExtractedKeys {
  let size = 0
  const keys = new Map<string, ExtractedKey>()
  const excess: ExtractedKey[] = []
  for (const [key, extractedKey] of extracted.keys) {
    const { entry, content } = extractedKey
    const length = byteLengthOf(content)
    if (entry.found?.claim === 'added' && size + length > maxBytes) {
      excess.push(extractedKey)
      continue
    }
    size += length
    keys.set(key, extractedKey)
  }
  if (excess.length === 0) return extracted
  const isExcess = (name: string, id?: string): boolean =>
    excess.some(({ entry }) => entry.secret === name && (id === undefined || entry.found?.id === id))
  const refused = excess.map(({ entry: { field, secret } }): EntryFailure => {
    const why = `${field}: the values of the Secret would have more than ${maxBytes} bytes; divide them among several ExternalSecrets`
    return { field, secret, error: new SecretSyncError('TooLarge', why), keys: undefined, stale: false }
  })
  const remaining = new Set([...keys.values()].map(({ entry }) => entry.secret))
  return {
    ...extracted,
    keys,
    sources: extracted.sources.filter(({ secret }) => remaining.has(secret) || !isExcess(secret)),
    refused: [...extracted.refused, ...refused],
    found:
      extracted.found &&
      new Map([...extracted.found].map(([id, names]) => [id, names.filter((name) => !isExcess(name, id))])),
  }
}
