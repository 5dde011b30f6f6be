import { SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import type { PushEntry, PushSecretSpec } from '@ack-secret-manager/resources'

/** Data of a Secret by key. */
export type SecretData = ReadonlyMap<string, Sensitive<Uint8Array>>

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The value of one entry: one key, or all selected keys as a JSON object. Its members are sorted, so that equal data gives equal bytes.
 * @throws SecretSyncError `NotFound` | `NoData` | `NotADocument`, without any part of a value
 */
export function pushedValue(
  { secretKey }: Pick<PushEntry, 'secretKey'>,
  { name, keys: selected }: PushSecretSpec['selector'],
  data: SecretData,
): Sensitive<string | Uint8Array> {
  if (secretKey !== undefined) return ofKey(secretKey, { name, selected, data })
  const keys = selected.length === 0 ? [...data.keys()] : selected
  const members = [...new Set(keys)].sort().map((key): [string, string] => {
    const text = textOf(bytesOf(key, { name, data }).expose())
    if (text !== undefined) return [key, text]
    const cure = 'push it alone with secretKey, or leave it out with selector.keys'
    throw new SecretSyncError('NotADocument', `Secret ${name}: key ${key} is not UTF-8 text, as JSON requires; ${cure}`)
  })
  if (members.length === 0)
    throw new SecretSyncError('NoData', `Secret ${name} has no keys, so there is nothing to push`)
  return new Sensitive(JSON.stringify(Object.fromEntries(members)))
}

interface Source {
  readonly name: string
  readonly data: SecretData
}

/** Text if it is UTF-8, otherwise bytes, which KMS stores as binary. */
function ofKey(
  key: string,
  { name, selected, data }: Source & { readonly selected: readonly string[] },
): Sensitive<string | Uint8Array> {
  if (selected.length > 0 && !selected.includes(key)) {
    throw new SecretSyncError('InvalidSpec', `spec.selector.keys: lacks ${key}, the secretKey of an entry`, {
      facts: { field: 'spec.selector.keys' },
    })
  }
  const bytes = bytesOf(key, { name, data })
  if (bytes.expose().length === 0) {
    throw new SecretSyncError('NoData', `Secret ${name}: key ${key} is empty, and KMS stores no empty value`)
  }
  return new Sensitive(textOf(bytes.expose()) ?? bytes.expose())
}

function bytesOf(key: string, { name, data }: Source): Sensitive<Uint8Array> {
  const bytes = data.get(key)
  if (bytes !== undefined) return bytes
  throw new SecretSyncError('NotFound', `Secret ${name} has no key ${key}; KMS keeps its values until the key exists`)
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    // The message of the error is not used: it may quote bytes.
    return undefined
  }
}
