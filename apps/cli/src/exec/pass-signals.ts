import type { CommandIo } from '@ack-secret-manager/command-line'
import type { Supervisor } from './supervisor.ts'

/** Signals that are passed on. */
const PASSED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH']
/** Signals that a terminal sends to all programs in its foreground. Passed on, the program would get them twice. */
const FROM_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH'])

/** Passes signals of this process on to the program. @returns a function that ends this */
export function passSignals({ process, signal }: CommandIo, supervisor: Supervisor): () => void {
  const onAbort = (): void => supervisor.signal(signal.reason === 'SIGINT' ? 'SIGINT' : 'SIGTERM', false)
  signal.addEventListener('abort', onAbort, { once: true })
  const ends = [() => signal.removeEventListener('abort', onAbort)]
  if (process !== undefined) {
    ends.push(
      process.takeSignals(PASSED, (name) => supervisor.signal(name, FROM_TERMINAL.has(name) && process.isInForeground)),
      process.onExit(() => supervisor.abandon()),
    )
  }
  if (signal.aborted) onAbort()
  return () => {
    for (const end of ends) end()
  }
}
