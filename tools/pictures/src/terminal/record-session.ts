import { spawn } from '@lydell/node-pty'
import type { Asciicast } from './asciicast.ts'

/** A session of a shell to record. */
export interface Session {
  readonly width: number
  readonly height: number
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Commands to type, in order. */
  readonly steps: readonly SessionStep[]
}

/** A command, and what to wait for before the next one. */
export interface SessionStep {
  readonly command: string
  readonly after?: () => Promise<unknown>
}

const PROMPT = '\u001B[1;32m$\u001B[0m '
/** The same for bash, after an empty line. */
const PS1 = '\\n\\[\\e[1;32m\\]$\\[\\e[0m\\] '
/** Pace of typing, pause to read a command's output, and the longest wait for output that is kept: a viewer's time, not the machine's. */
const PACE = { key: 0.03, enter: 0.25, wait: 0.3, read: 1.5, first: 0.6, last: 2 }
const COMMAND_DEADLINE_MS = 120_000

/** Types the commands into a real shell on a real terminal. @throws Error if a command does not end, or the shell does */
export async function recordSession({ width, height, cwd, env, steps }: Session): Promise<Asciicast> {
  const events: Array<[number, string]> = []
  const shell = spawn('bash', ['--noprofile', '--norc', '-i'], {
    cols: width,
    rows: height,
    cwd,
    env: {
      ...env,
      TERM: 'xterm-256color',
      PS1,
      HISTFILE: '',
      BASH_SILENCE_DEPRECATION_WARNING: '1',
    },
  })
  const output = new Output()
  shell.onData((text) => output.add(text))
  shell.onExit(() => output.end())
  try {
    // Without the sequences for pasted text, which differ between versions of bash.
    await output.until((text) => text.endsWith(PROMPT))
    shell.write("bind 'set enable-bracketed-paste off'; clear\r")
    await output.until((text) => text.includes('clear\r\n') && text.endsWith(PROMPT))
    let seconds = 0
    events.push([seconds, PROMPT])
    seconds += PACE.first
    for (const { command, after } of steps) {
      for (const key of command) {
        seconds += PACE.key
        events.push([seconds, key])
      }
      output.clear()
      shell.write(`${command}\r`)
      const text = await output.until((shown) => shown.includes('\n') && shown.endsWith(PROMPT))
      seconds += PACE.enter
      events.push([seconds, '\r\n'])
      seconds += PACE.wait
      events.push([seconds, text.slice(text.indexOf('\n') + 1)])
      seconds += PACE.read
      await after?.()
    }
    events.push([seconds + PACE.last, ''])
    return { width, height, events }
  } finally {
    shell.kill('SIGKILL')
  }
}

/** What the shell has shown since the last {@link Output.clear}. */
class Output {
  #text = ''
  #hasEnded = false
  #notify: () => void = () => {}

  add(text: string): void {
    this.#text += text
    this.#notify()
  }

  clear(): void {
    this.#text = ''
  }

  end(): void {
    this.#hasEnded = true
    this.#notify()
  }

  until(isDone: (text: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the shell still shows: ${this.#text}`)), COMMAND_DEADLINE_MS)
      this.#notify = () => {
        const isShown = isDone(this.#text)
        if (!isShown && !this.#hasEnded) return
        clearTimeout(timer)
        if (isShown) resolve(this.#text)
        else reject(new Error(`the shell ended: ${this.#text}`))
      }
      this.#notify()
    })
  }
}
