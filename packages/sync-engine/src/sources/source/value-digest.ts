import { hash, randomBytes } from 'node:crypto'

const KEY_BYTES = 32
/** Values up to this size, nearly all, are hashed without allocating. */
const SCRATCH_BYTES = 4_096

/**
 * A function that compares bytes without keeping them: SHA-256 over a random prefix and the bytes.
 * The digests stay in this process and are compared with each other only, so the prefix needs no HMAC around it.
 */
export function valueDigester(): (bytes: Uint8Array) => string {
  const key = randomBytes(KEY_BYTES)
  const scratch = new Uint8Array(KEY_BYTES + SCRATCH_BYTES)
  scratch.set(key)
  return (bytes) => {
    const length = KEY_BYTES + bytes.length
    const buffer = length <= scratch.length ? scratch : new Uint8Array(length)
    if (buffer !== scratch) buffer.set(key)
    buffer.set(bytes, KEY_BYTES)
    const digest = hash('sha256', buffer.subarray(0, length), 'base64url')
    // No plaintext outlives this call.
    buffer.fill(0, KEY_BYTES, length)
    return digest
  }
}
