import { spawn } from '@lydell/node-pty'

/** A program on a terminal of its own. */
export interface TerminalProgram {
  /** Everything that the terminal has shown so far. */
  readonly shown: string
  /** Resolves with what was shown as soon as it matches. @throws Error if the program ends before */
  until(pattern: RegExp): Promise<string>
  /** Types text. Ctrl-C is `\u0003`, Ctrl-D is `\u0004`, Enter is `\r`. */
  type(text: string): void
  kill(signal: NodeJS.Signals): void
  readonly exit: Promise<{ readonly code: number; readonly shown: string }>
}

/** Options of {@link runOnTerminal}. */
export interface TerminalOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Starts a program as the foreground process of a new terminal: a real one, so that Ctrl-C and raw mode work. */
export function runOnTerminal(file: string, argv: readonly string[], { cwd, env }: TerminalOptions): TerminalProgram {
  const child = spawn(file, [...argv], { cols: 200, rows: 50, cwd, env: { ...env, TERM: 'xterm' } })
  let shown = ''
  let hasEnded = false
  const waiting = new Set<() => void>()
  const notify = (): void => {
    for (const check of waiting) check()
  }
  child.onData((data) => {
    shown += data
    notify()
  })
  const exit = new Promise<{ code: number; shown: string }>((resolve) => {
    child.onExit(({ exitCode, signal }) => {
      hasEnded = true
      resolve({ code: signal ? 128 + signal : exitCode, shown })
      notify()
    })
  })
  return {
    get shown() {
      return shown
    },
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (pattern.test(shown)) resolve(shown)
          else if (hasEnded) reject(new Error(`the program ended before it showed ${String(pattern)}: ${shown}`))
          else return
          waiting.delete(check)
        }
        waiting.add(check)
        check()
      }),
    type: (text) => child.write(text),
    kill: (signal) => child.kill(signal),
    exit,
  }
}
