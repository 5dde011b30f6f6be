import { fileChunks, readBytes } from '../input/read-bytes.ts'
import { InputError } from '../input-error.ts'
import { MANIFEST_LIMITS } from './limits.ts'
import { type ManifestFile, unreadable } from './list-files.ts'

/** Text of a file. @throws InputError */
export async function readFileText({ path, label }: ManifestFile, signal: AbortSignal): Promise<string> {
  try {
    return await textOf(fileChunks(path, signal), label, signal)
  } catch (error) {
    throw signal.aborted ? error : unreadable(label, error)
  }
}

/** Text of stdin; rejects when the signal aborts. @throws InputError */
export function readStdinText(stdin: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<string> {
  return textOf(stdin, 'stdin', signal)
}

async function textOf(chunks: AsyncIterable<Uint8Array>, label: string, signal: AbortSignal): Promise<string> {
  const { fileBytes: maxBytes } = MANIFEST_LIMITS
  const tooLarge = `${label}: larger than ${maxBytes / 1024 / 1024} MiB; split it`
  const bytes = await readBytes(chunks, { maxBytes, tooLarge, signal })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new InputError([`${label}: is not UTF-8 text`])
  }
}
