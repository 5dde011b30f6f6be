import { createReadStream } from 'node:fs'
import { withSignal } from '@ack-secret-manager/core'
import { InputError } from '../input-error.ts'

/** Options of {@link readBytes}. */
export interface ReadBytesOptions {
  readonly maxBytes: number
  /** Message for an input that is larger. */
  readonly tooLarge: string
  readonly signal: AbortSignal
}

/** All bytes of an input; rejects when the signal aborts, also if the input ignores it. @throws InputError */
export async function readBytes(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes, tooLarge, signal }: ReadBytesOptions,
): Promise<Buffer> {
  signal.throwIfAborted()
  const all = async (): Promise<Buffer> => {
    const parts: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of chunks) {
      parts.push(chunk)
      bytes += chunk.length
      if (bytes > maxBytes) throw new InputError([tooLarge])
    }
    return Buffer.concat(parts)
  }
  return withSignal(all(), signal, () => (signal.reason instanceof Error ? signal.reason : new Error('aborted')))
}

/** The bytes of a file. @throws the reason of a signal that has aborted: nothing would listen to the error of its stream */
export function fileChunks(path: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  signal.throwIfAborted()
  return createReadStream(path, { signal })
}
