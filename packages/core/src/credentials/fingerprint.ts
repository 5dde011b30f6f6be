import { createHmac, randomBytes } from 'node:crypto'

/** Lives as long as the process: a fingerprint says nothing to anyone else, not even for a guessable secret. */
const PROCESS_KEY = randomBytes(32)

/**
 * A name for "the same parts", secret ones included, that reveals none of them. Two parties get the same fingerprint only
 * if both know every part: a tenant who merely names another's AccessKey id does not come to share that one's reads.
 */
export function fingerprint(...parts: readonly string[]): string {
  const hmac = createHmac('sha256', PROCESS_KEY)
  // Length prefixes keep ('ab', 'c') and ('a', 'bc') apart.
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part)
  return hmac.digest('base64url').slice(0, 22)
}
