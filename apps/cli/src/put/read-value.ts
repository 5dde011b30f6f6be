import { type CommandIo, UsageError } from '@ack-secret-manager/command-line'
import path from 'node:path'
import { fileChunks, readBytes } from '../input/read-bytes.ts'
import { InputError } from '../input-error.ts'
import { unreadable } from '../manifests/list-files.ts'
import { Prompt } from '../terminal/prompt.ts'

/** Alibaba Cloud KMS API reference, PutSecretValue. */
const MAX_BYTES = 30_720
const STDIN = '-'

/** Where the value of a command comes from. */
export interface ValueSource {
  /** Name of the secret, for the prompt. */
  readonly name: string
  /** File, or `-` for stdin. @default stdin, or a hidden prompt if stdin is a terminal */
  readonly file: string | undefined
}

/** The bytes of a value. @throws UsageError | InputError, never with a part of the value */
export async function readValue({ name, file }: ValueSource, io: CommandIo): Promise<Uint8Array> {
  if (file !== undefined && file !== STDIN) {
    const chunks = fileChunks(path.resolve(io.cwd, file), io.signal)
    return collect(chunks, `--from-file ${file}`, io)
  }
  const isTyped = file === undefined && io.process?.hasTerminal === true
  if (!isTyped && io.stdin !== undefined) return collect(io.stdin, 'stdin', io)
  const prompt = Prompt.open(io)
  if (prompt === undefined) throw new UsageError('there is no value: use --from-file FILE, or a pipe to stdin')
  const typed = (await prompt.ask(`Value of ${name} (hidden): `, { isHidden: true })) ?? ''
  if (typed === '') throw new InputError(['no value was typed: nothing is changed'])
  return Buffer.from(typed)
}

async function collect(chunks: AsyncIterable<Uint8Array>, label: string, { signal }: CommandIo): Promise<Uint8Array> {
  const tooLarge = `${label}: more than ${MAX_BYTES} bytes, which KMS does not store`
  let bytes: Uint8Array
  try {
    bytes = await readBytes(chunks, { maxBytes: MAX_BYTES, tooLarge, signal })
  } catch (error) {
    throw signal.aborted ? error : unreadable(label, error)
  }
  if (bytes.length === 0) throw new InputError([`${label}: the value is empty, which KMS does not store`])
  return bytes
}
