import { createHash, createHmac, createSecretKey, randomBytes } from 'node:crypto'
import type { TargetRef } from './contracts/secret-writer.ts'

/** Digests of what a key holds, that only holders of the key can compute: no oracle for weak passwords. */
export interface ContentDigester {
  /** Names the key, so that digests made with another one are told apart. */
  readonly keyId: string
  /** Digest of the bytes that `key` of `target` holds. Equal values in different places give different digests. */
  digest(target: TargetRef, key: string, bytes: Uint8Array): string
}

/** Length of the key in bytes. */
export const DIGEST_KEY_BYTES = 32

/** A digester with the given key of {@link DIGEST_KEY_BYTES} bytes, or with a fresh one of its own. */
export function contentDigester(key: Uint8Array = randomBytes(DIGEST_KEY_BYTES)): ContentDigester {
  if (key.length !== DIGEST_KEY_BYTES) {
    throw new RangeError(`digest key: expected ${DIGEST_KEY_BYTES} bytes, got ${key.length}`)
  }
  const keyId = createHash('sha256').update('ack-secret-manager digest key\0').update(key).digest('hex').slice(0, 8)
  // With the bare bytes each digest would make a key object of them: five times the cost.
  const secretKey = createSecretKey(key)
  return {
    keyId,
    digest: (target, name, bytes) =>
      createHmac('sha256', secretKey)
        .update(`${target.namespace}/${target.name}\0${name}\0`)
        .update(bytes)
        .digest('base64url')
        .slice(0, 22),
  }
}
