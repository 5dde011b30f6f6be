/** Where output goes. */
export interface OutputStream {
  write(chunk: string | Uint8Array): unknown
}

/** The process as a command sees it. */
export interface CommandIo {
  /** Results. */
  readonly stdout: OutputStream
  /** Errors, notes, progress. */
  readonly stderr: OutputStream
  readonly stdin?: AsyncIterable<Uint8Array>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Relative paths start here. */
  readonly cwd: string
  /** Whether people look at the streams. */
  readonly isTTY: { readonly stdout: boolean; readonly stderr: boolean }
  /** Width of the terminal in characters. @default 100 */
  readonly columns?: number
  /** Aborts when the command is to end; the reason `SIGTERM` is the ordinary end of one that runs on. */
  readonly signal: AbortSignal
}
