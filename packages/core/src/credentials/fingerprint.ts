import { createHmac, randomBytes } from 'node:crypto'

/** Random per process, so that a fingerprint reveals nothing outside the process, not even about a guessable secret. */
const PROCESS_KEY = randomBytes(32)

/**
 * A keyed hash of all parts, including secrets. Two identities have the same fingerprint only if every part is equal. A
 * tenant who only knows the AccessKey id of another tenant therefore cannot share its reads.
 */
export function fingerprint(...parts: readonly string[]): string {
  const hmac = createHmac('sha256', PROCESS_KEY)
  // Length prefixes distinguish ('ab', 'c') from ('a', 'bc').
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part)
  return hmac.digest('base64url').slice(0, 22)
}
