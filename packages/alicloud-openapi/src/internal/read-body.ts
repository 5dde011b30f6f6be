import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { SecretSyncError } from '@ack-secret-manager/core'

/** Chunks of any size that a response may have. */
const MAX_SMALL_CHUNKS = 1_000
/** Average size of the chunks beyond {@link MAX_SMALL_CHUNKS}, in bytes; less than the payload of a TCP segment. */
const MIN_AVERAGE_BYTES = 256

/**
 * The body of a response. A limit of bytes does not stop a hostile server that sends one at a time, because each chunk takes memory and time
 * of its own.
 * @throws SecretSyncError `InvalidResponse` for too many small chunks, or an error of undici
 */
export async function readBody(body: Readable, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  body.on('data', (chunk: Uint8Array) => {
    chunks.push(chunk)
    length += chunk.length
    if (chunks.length > MAX_SMALL_CHUNKS + length / MIN_AVERAGE_BYTES) {
      body.destroy(new SecretSyncError('InvalidResponse', `${what}: the response has too many small chunks`))
    }
  })
  await finished(body)
  return Buffer.concat(chunks, length)
}
