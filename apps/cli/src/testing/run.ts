import { canary, collect } from '@ack-secret-manager/test-support/canary'
import { ACKSM } from '@ack-secret-manager/testenv'
import path from 'node:path'
import type { CommandIo, runCommand as Run } from '../index.ts'
import { isTimeManual } from './manual-time.ts'

interface Library {
  readonly runCommand: typeof Run
}

const SOURCES = '../index.ts'

/** As shipped, because a bundle can lack what the sources have. */
const bundled: Promise<Library> = import(ACKSM.isCurrent ? path.join(ACKSM.folder, 'index.js') : SOURCES)
await bundled

/** A bundle has a clock of its own, so with manual time a command runs from the sources. */
function library(): Promise<Library> {
  return isTimeManual() ? (import(SOURCES) as Promise<Library>) : bundled
}

/**
 * Part of every secret value and credential in the tests. No output of a command may contain it. Each worker has its own, because some
 * tests search the whole machine for it.
 */
export const CANARY = canary(`cli-${process.pid}`)

/** Output and exit code of a command. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly outBytes: Buffer
  readonly err: string
}

/** Options of {@link run}. */
export interface RunOptions extends Partial<
  Pick<CommandIo, 'env' | 'cwd' | 'isTTY' | 'signal' | 'columns' | 'rows' | 'openTerminal'>
> {
  readonly stdin?: string | Uint8Array
  /** Allows secret values on stdout. */
  readonly mayShow?: boolean
}

/** A stream that keeps its content, and can wait for a text. */
export class Capture {
  readonly #chunks: Buffer[] = []
  readonly #waiting = new Set<() => void>()

  write(chunk: string | Uint8Array): void {
    this.#chunks.push(Buffer.from(chunk))
    for (const check of this.#waiting) check()
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get text(): string {
    return this.bytes.toString()
  }

  /** Resolves with the whole content as soon as it matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.text)) {
      await new Promise<void>((resolve) => {
        const check = (): void => {
          this.#waiting.delete(check)
          resolve()
        }
        this.#waiting.add(check)
      })
    }
    return this.text
  }
}

/** A running command. */
export interface Running {
  readonly out: Capture
  readonly err: Capture
  readonly done: Promise<Ran>
  stop(reason: 'SIGINT' | 'SIGTERM'): void
}

/** No identity of the machine that runs the tests. */
const NO_IDENTITY = { HOME: '/nonexistent', ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' }

/** Starts a command without a process. */
export function start(argv: readonly string[], options: RunOptions = {}): Running {
  const { stdin, mayShow = false, signal, ...rest } = options
  const out = new Capture()
  const err = new Capture()
  const stop = new AbortController()
  const io: CommandIo = {
    stdout: out,
    stderr: err,
    ...(stdin === undefined ? {} : { stdin: chunksOf(stdin) }),
    cwd: '/',
    isTTY: { stdout: false, stderr: false },
    ...rest,
    env: { ...NO_IDENTITY, ...rest.env },
    signal: signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]),
  }
  const finish = (code: number): Ran => {
    const output = mayShow ? err.text : out.text + err.text
    if (output.includes(CANARY)) throw new Error(`a secret value was printed by acksm ${argv.join(' ')}`)
    collect('acksm', output)
    return { code, out: out.text, outBytes: out.bytes, err: err.text }
  }
  const done = library()
    .then(({ runCommand }) => runCommand(argv, io))
    .then(finish)
  return { out, err, done, stop: (reason) => stop.abort(reason) }
}

/** Runs a command to its end. */
export function run(argv: readonly string[], options?: RunOptions): Promise<Ran> {
  return start(argv, options).done
}

async function* chunksOf(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content)
}
