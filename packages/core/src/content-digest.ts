import { createHash, createHmac, createSecretKey, randomBytes } from 'node:crypto'
import type { TargetRef } from './contracts/secret-writer.ts'

/** Keyed digests of values. Without the digest key, a digest cannot be used to guess a weak password. */
export interface ContentDigester {
  /** Id of the digest key, which distinguishes digests of different keys. */
  readonly keyId: string
  /** Digest of the bytes of `key` in `target`. Equal values in different targets or keys have different digests. */
  digest(target: TargetRef, key: string, bytes: Uint8Array): string
}

/** Length of the key in bytes. */
export const DIGEST_KEY_BYTES = 32

/** A digester with the given key of {@link DIGEST_KEY_BYTES} bytes, or with a random key. */
export function contentDigester(key: Uint8Array = randomBytes(DIGEST_KEY_BYTES)): ContentDigester {
  if (key.length !== DIGEST_KEY_BYTES) {
    throw new RangeError(`digest key: expected ${DIGEST_KEY_BYTES} bytes, got ${key.length}`)
  }
  const keyId = createHash('sha256').update('ack-secret-manager digest key\0').update(key).digest('hex').slice(0, 8)
  // With raw bytes, each digest would create a key object, at five times the cost.
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
