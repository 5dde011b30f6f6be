import type { Readable } from 'node:stream'

/** A writable stream for output. */
export interface OutputStream {
  write(chunk: string | Uint8Array): unknown
}

/** The input of a terminal. */
export interface TerminalInput extends Readable {
  /** Switches echo and line editing of the terminal off and on. Absent if the input is no real terminal. */
  setRawMode?(isRaw: boolean): unknown
}

/** The process environment of a command. */
export interface CommandIo {
  /** Results. */
  readonly stdout: OutputStream
  /** Errors, notes, progress. */
  readonly stderr: OutputStream
  readonly stdin?: AsyncIterable<Uint8Array>
  /** Opens the terminal for responses of the user, also if stdin is redirected. Absent, or undefined, without a terminal. */
  readonly openTerminal?: () => TerminalInput | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** Base of relative paths. */
  readonly cwd: string
  /** Whether the streams are terminals. */
  readonly isTTY: { readonly stdout: boolean; readonly stderr: boolean }
  /** Width of the terminal in characters. @default 100 */
  readonly columns?: number
  /** Height of the terminal in lines, as it is now. @default 40 */
  readonly rows?: number
  /** Only in a program of its own, which `runProcess` has started. */
  readonly process?: ProcessHooks
  /** Aborts to stop the command. For `--watch`, the reason `SIGTERM` is a regular exit. */
  readonly signal: AbortSignal
}

/** What a command can ask of its process, to run another program in its place. */
export interface ProcessHooks {
  /** Stdin is a terminal. */
  readonly hasTerminal: boolean
  /** A terminal also signals the other program when a user presses Ctrl-C, whatever stdin is. */
  readonly isInForeground: boolean
  /**
   * Calls `listener` for each of the signals in place of aborting `signal` or of ending the process.
   * @returns a function that ends this
   */
  takeSignals(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): () => void
  /**
   * Calls `listener`, which must not wait, right before the process ends, also after a crash.
   * @returns a function that ends this
   */
  onExit(listener: () => void): () => void
}
