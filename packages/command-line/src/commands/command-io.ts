/** A writable stream for output. */
export interface OutputStream {
  write(chunk: string | Uint8Array): unknown
}

/** The process environment of a command. */
export interface CommandIo {
  /** Results. */
  readonly stdout: OutputStream
  /** Errors, notes, progress. */
  readonly stderr: OutputStream
  readonly stdin?: AsyncIterable<Uint8Array>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Base of relative paths. */
  readonly cwd: string
  /** Whether the streams are terminals. */
  readonly isTTY: { readonly stdout: boolean; readonly stderr: boolean }
  /** Width of the terminal in characters. @default 100 */
  readonly columns?: number
  /** Aborts to stop the command. For `--watch`, the reason `SIGTERM` is a regular exit. */
  readonly signal: AbortSignal
}
