import { createReadStream } from 'node:fs'
import { InputError } from '../input-error.ts'
import { MANIFEST_LIMITS } from './limits.ts'
import { type ManifestFile, unreadable } from './list-files.ts'

/** Text of a file. @throws InputError */
export async function readFileText({ path, label }: ManifestFile, signal: AbortSignal): Promise<string> {
  try {
    return await textOf(createReadStream(path, { signal }), label)
  } catch (error) {
    throw signal.aborted ? error : unreadable(label, error)
  }
}

/** Text of stdin; rejects when the signal aborts. @throws InputError */
export async function readStdinText(stdin: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  let onAbort: (() => void) | undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([textOf(stdin, 'stdin'), aborted])
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort)
  }
}

async function textOf(chunks: AsyncIterable<Uint8Array>, label: string): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    parts.push(chunk)
    bytes += chunk.length
    if (bytes > MANIFEST_LIMITS.fileBytes) {
      throw new InputError([`${label}: larger than ${MANIFEST_LIMITS.fileBytes / 1024 / 1024} MiB; split it`])
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))
  } catch {
    throw new InputError([`${label}: is not UTF-8 text`])
  }
}
