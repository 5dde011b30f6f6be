/** Progress reports of a stage; every text is one short line. */
export interface Progress {
  /** Begins a stage and prints it. */
  stage(text: string): void
  /** Changes the text of the running stage, printed at the next tick. */
  update(text: string): void
  /** Prints a separate line. */
  note(text: string): void
  /** Ends the running stage and prints its duration. */
  done(text: string): void
  close(): void
}

/** Output of progress lines: `process.stderr`, or a collector in a test. */
export interface ProgressStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface ProgressOptions {
  readonly stream: ProgressStream
  /** Prefix of every line. @default 'control plane' */
  readonly name?: string
  /** Pause between two lines of a stage. @default 1000 on a terminal, where the line is rewritten, else 10000 */
  readonly intervalMs?: number
  /** Monotonic clock in milliseconds. @default performance.now */
  readonly now?: () => number
}

/** Progress as lines with the seconds since the stage began; on a terminal one line, rewritten. */
export function createProgress(options: ProgressOptions): Progress {
  const { stream, name = 'control plane', now = () => performance.now() } = options
  const rewrite = stream.isTTY === true
  const intervalMs = options.intervalMs ?? (rewrite ? 1_000 : 10_000)
  let stage: { text: string; readonly startedAt: number; readonly timer: NodeJS.Timeout } | undefined

  const line = (text: string): string => (rewrite ? `\r\u001B[K${text}` : `${text}\n`)
  const print = (): void => {
    if (stage === undefined) return
    const seconds = Math.round((now() - stage.startedAt) / 1_000)
    stream.write(line(`${name}: ${stage.text} (${seconds} s)`))
  }
  const end = (): void => {
    if (stage !== undefined) clearInterval(stage.timer)
    stage = undefined
  }

  return {
    stage(text) {
      end()
      const timer = setInterval(print, intervalMs)
      timer.unref()
      stage = { text, startedAt: now(), timer }
      print()
    },
    update(text) {
      if (stage !== undefined) stage.text = text
    },
    note(text) {
      stream.write(`${rewrite ? '\r\u001B[K' : ''}${name}: ${text}\n`)
    },
    done(text) {
      const seconds = stage === undefined ? 0 : Math.round((now() - stage.startedAt) / 1_000)
      end()
      this.note(`${text} in ${seconds} s`)
    },
    close() {
      if (stage !== undefined && rewrite) stream.write('\n')
      end()
    },
  }
}
