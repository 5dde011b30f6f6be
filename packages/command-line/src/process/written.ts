import type { Writable } from 'node:stream'

/** Resolves when everything is written, or cannot be, because the reader is gone. */
export async function written(stream: Writable): Promise<void> {
  // A stream that has failed drops what is left, and may never call back.
  if (stream.writableLength === 0 || stream.destroyed || stream.errored) return
  await new Promise<void>((resolve) => void stream.write('', () => resolve()))
}
