import { type ErrorFacts, SecretSyncError, type Sensitive } from '@ack-secret-manager/core'

/** Secret bytes or text as they come from a file or a Kubernetes Secret. */
export type SecretInput = Uint8Array | Sensitive<Uint8Array> | Sensitive<string>

/**
 * The text of a credential without a surrounding byte order mark, white space and final newline.
 * @param part name for errors, which never contain the text
 * @throws SecretSyncError `Unauthenticated` when it is empty, too long or not UTF-8
 */
export function secretText(input: SecretInput, part: string, maxBytes: number): string {
  const raw = input instanceof Uint8Array ? input : input.expose()
  const bytes = typeof raw === 'string' ? new TextEncoder().encode(raw) : raw
  if (bytes.length > maxBytes) throw unauthenticated(part, `is longer than ${maxBytes} bytes`)
  // `trim` treats U+FEFF, the byte order mark, as white space.
  const text = utf8(bytes)?.trim()
  if (text === undefined) throw unauthenticated(part, 'is not UTF-8 text')
  if (text === '') throw unauthenticated(part, 'is empty')
  return text
}

/** An error about one part of the credential. */
export function unauthenticated(part: string, why: string, facts: ErrorFacts = {}): SecretSyncError {
  return new SecretSyncError('Unauthenticated', `${part} ${why}`, { facts })
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
