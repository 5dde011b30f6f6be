import type { CommandIo } from '@ack-secret-manager/command-line'
import { systemClock } from '@ack-secret-manager/core'
import { Child, type ChildCommand, ChildStartError, signalCode } from '../exec/child.ts'
import { DeclinedError } from '../terminal/declined-error.ts'
import { InterruptedError } from '../terminal/interrupted-error.ts'
import { saveTerminal } from './terminal-state.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
/** Signals that the terminal sends to the editor as well, which decides what they mean: for `ed` Ctrl-C ends a line. */
const FROM_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT'])
/** Time that an editor has to end after a signal. */
const GRACE_MS = 2_000

/**
 * Runs an editor until the user closes it.
 * @throws DeclinedError if it fails, InterruptedError if a signal ends it or this process
 */
export async function runEditor(command: ChildCommand, io: CommandIo): Promise<void> {
  const { process: hooks, signal: abort } = io
  const restore = saveTerminal(io)
  const child = await started(command, io)
  let isStopping = false
  let killTimer: { cancel(): void } | undefined
  const stop = (signal: NodeJS.Signals): void => {
    isStopping = true
    child.signal(signal)
    killTimer ??= systemClock.setTimeout(() => child.signal('SIGKILL'), GRACE_MS)
  }
  const onAbort = (): void => stop('SIGTERM')
  abort.addEventListener('abort', onAbort, { once: true })
  const release = hooks?.takeSignals(SIGNALS, (signal) => {
    if (!FROM_TERMINAL.has(signal) || !hooks.isInForeground) stop(signal)
  })
  if (abort.aborted) onAbort()
  try {
    const { code, signal } = await child.exited
    // A shell between reports a signal as an exit code.
    const ended = signal === null ? (code ?? 1) : signalCode(signal)
    if (ended > 128) restore()
    if (isStopping || ended === signalCode('SIGINT')) throw new InterruptedError()
    if (ended !== 0) throw new DeclinedError(`the editor failed with exit code ${ended}`)
  } finally {
    killTimer?.cancel()
    release?.()
    abort.removeEventListener('abort', onAbort)
  }
}

async function started(command: ChildCommand, io: CommandIo): Promise<Child> {
  try {
    return await Child.start(command, io)
  } catch (error) {
    throw error instanceof ChildStartError ? new DeclinedError(error.message) : error
  }
}
