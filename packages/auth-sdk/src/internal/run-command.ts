import { systemCodeOf } from '@ack-secret-manager/alicloud-openapi'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { isatty } from 'node:tty'
import { ProcessCommandError } from './process-command-error.ts'

const MAX_OUTPUT_BYTES = 1_048_576
/** A command may leave a process behind that holds its output open, such as an agent. */
const DRAIN_MS = 250
/** Time for a command to end after SIGTERM. */
const GRACE_MS = 2_000

/** Options of {@link outputOf}. */
export interface RunOptions {
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
}

type Child = ChildProcessByStdio<null, Readable, null>

/**
 * What a command prints. It is ended when the signal aborts, at its deadline, after too much output, and with this process.
 * Its messages go to stderr. On a terminal it stays in the session, because it may ask there.
 * @throws ProcessCommandError
 */
export async function outputOf([file = '', ...args]: readonly string[], options: RunOptions): Promise<string> {
  const { signal, timeoutMs } = options
  if (signal?.aborted) throw new ProcessCommandError('Cancelled', 'was cancelled')
  const hasGroup = !isatty(0)
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: hasGroup })
  let cause: ProcessCommandError | undefined
  let grace: NodeJS.Timeout | undefined
  const kill = (how: NodeJS.Signals): void => endProcess(child, hasGroup, how)
  const killNow = (): void => kill('SIGKILL')
  const end = (error: ProcessCommandError): void => {
    if (cause !== undefined) return
    cause = error
    child.stdout.destroy()
    kill('SIGTERM')
    grace = setTimeout(killNow, GRACE_MS)
  }
  const onAbort = (): void => end(new ProcessCommandError('Cancelled', 'was cancelled'))
  const deadline = setTimeout(() => {
    end(new ProcessCommandError('Timeout', `has not ended within ${timeoutMs / 1_000} s`))
  }, timeoutMs)
  signal?.addEventListener('abort', onAbort, { once: true })
  process.once('exit', killNow)
  const chunks: Buffer[] = []
  let bytes = 0
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    chunks.push(chunk)
    if (bytes > MAX_OUTPUT_BYTES) end(new ProcessCommandError('InvalidResponse', 'prints more than 1 MiB'))
  })
  try {
    const failure = await ended(child)
    // Processes of its group may have ignored SIGTERM.
    if (cause !== undefined) killNow()
    if (cause ?? failure) throw cause ?? failure
    return Buffer.concat(chunks).toString('utf8')
  } finally {
    clearTimeout(deadline)
    clearTimeout(grace)
    signal?.removeEventListener('abort', onAbort)
    process.removeListener('exit', killNow)
  }
}

/** Windows has no groups. */
function endProcess(child: Child, hasGroup: boolean, how: NodeJS.Signals): void {
  if (!hasGroup || process.platform === 'win32') return void child.kill(how)
  try {
    if (child.pid !== undefined) process.kill(-child.pid, how)
  } catch {
    // All of the group have ended.
  }
}

/** Waits until the command has ended and its output is read. @returns why it failed */
function ended(child: Child): Promise<ProcessCommandError | undefined> {
  return new Promise((resolve) => {
    // The message of Node has the command line.
    child.once('error', (error) => {
      const code = systemCodeOf(error) ?? 'unknown reason'
      resolve(new ProcessCommandError('Unauthenticated', `cannot be started (${code})`))
    })
    child.once('exit', (code, by) => {
      const how = by === null ? `exit code ${code}` : by
      const failure =
        code === 0 ? undefined : new ProcessCommandError('Unauthenticated', `fails (${how}): run it by hand`)
      const drain = setTimeout(() => {
        // What it has printed is read before this turn ends.
        setImmediate(() => child.stdout.destroy())
      }, DRAIN_MS)
      child.once('close', () => {
        clearTimeout(drain)
        resolve(failure)
      })
    })
  })
}
