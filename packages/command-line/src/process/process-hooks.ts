import { isatty } from 'node:tty'
import type { ProcessHooks } from '../commands/command-io.ts'
import { isInForeground } from './foreground.ts'

/** SIGHUP comes from a closed terminal. Its default action calls no listener of `onExit`, so that files with values would stay. */
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The hooks of this process. SIGINT, SIGTERM and SIGHUP call `onStop`, unless a command takes them. */
export class NodeProcessHooks implements ProcessHooks {
  readonly #stops: readonly (readonly [NodeJS.Signals, () => void])[]

  constructor(onStop: (signal: NodeJS.Signals) => void) {
    this.#stops = STOPPING.map((signal) => [signal, () => onStop(signal)])
    this.#listen()
  }

  get hasTerminal(): boolean {
    return isatty(0)
  }

  get isInForeground(): boolean {
    return isInForeground()
  }

  takeSignals(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): () => void {
    for (const signal of signals) process.on(signal, listener)
    // Removed last, because without any listener a signal would end the process.
    for (const [signal, stop] of this.#stops) process.off(signal, stop)
    return () => {
      this.#listen()
      for (const signal of signals) process.off(signal, listener)
    }
  }

  onExit(listener: () => void): () => void {
    process.on('exit', listener)
    return () => process.off('exit', listener)
  }

  /** Once each, so that a second Ctrl-C kills a process that hangs. */
  #listen(): void {
    for (const [signal, stop] of this.#stops) process.once(signal, stop)
  }
}
