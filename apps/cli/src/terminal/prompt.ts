import { type CommandIo, type TerminalInput, UsageError } from '@ack-secret-manager/command-line'
import { sleep, systemClock } from '@ack-secret-manager/core'
import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { InterruptedError } from './interrupted-error.ts'

/** Options of {@link Prompt.ask}. */
export interface AskOptions {
  /** Do not show the typed text. @default false */
  readonly isHidden?: boolean
  /** Ends the question. @default that of the command */
  readonly signal?: AbortSignal
}

/** Lines of one paste arrive within it. */
const PASTE_MS = 50

/** Asks the user on the terminal. Questions are on stderr, so that stdout has only results. */
export class Prompt {
  readonly #io: CommandIo
  readonly #terminal: TerminalInput
  /** Lines that were typed before their question. */
  readonly #waiting: string[] = []

  private constructor(io: CommandIo, terminal: TerminalInput) {
    this.#io = io
    this.#terminal = terminal
  }

  /** Undefined without a terminal. */
  static open(io: CommandIo): Prompt | undefined {
    const terminal = io.openTerminal?.()
    return terminal && new Prompt(io, terminal)
  }

  /**
   * One line of the user, without its line break; undefined at the end of the input (Ctrl-D).
   * @throws InterruptedError on Ctrl-C
   */
  async ask(question: string, options: AskOptions = {}): Promise<string | undefined> {
    const { stderr } = this.#io
    const { isHidden = false, signal = this.#io.signal } = options
    if (signal.aborted) throw new InterruptedError()
    // For a hidden line, readline edits it in raw mode and writes its echo nowhere.
    const output = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({ input: this.#terminal, historySize: 0, terminal: isHidden, output })
    let count = this.#waiting.length
    lines.on('line', (line) => {
      this.#waiting.push(line)
      count += 1
    })
    // Only now, because the terminal would show a hidden line that is typed before raw mode.
    stderr.write(question)
    try {
      if (count === 0 && !this.#terminal.readableEnded) await lineOrEnd(lines, signal)
      if (isHidden) await this.#refuseMoreLines(() => count)
      return this.#waiting.shift()
    } finally {
      lines.close()
      // The terminal has echoed the line break of a visible line.
      if (isHidden || count === 0) stderr.write('\n')
    }
  }

  /** Whether the user says yes; the end of the input means no. @throws InterruptedError */
  async confirm(question: string, options: AskOptions = {}): Promise<boolean> {
    return /^y(?:es)?$/i.test(((await this.ask(`${question} [y/N] `, options)) ?? '').trim())
  }

  /** Reads the rest of a paste, because the shell would run it as commands. */
  async #refuseMoreLines(count: () => number): Promise<void> {
    let before: number
    do {
      before = count()
      // oxlint-disable-next-line no-await-in-loop -- until no further lines arrive
      await sleep(PASTE_MS, { clock: systemClock, signal: this.#io.signal })
    } while (count() > before)
    if (before > 1) throw new UsageError('the typed value has several lines: use --from-file FILE, or a pipe')
  }
}

async function lineOrEnd(lines: Interface, signal: AbortSignal): Promise<void> {
  let stop = (): void => undefined
  try {
    await new Promise<void>((resolve, reject) => {
      stop = () => reject(new InterruptedError())
      signal.addEventListener('abort', stop)
      lines.once('line', () => resolve())
      lines.once('close', resolve)
      // In raw mode the terminal sends no signal.
      lines.once('SIGINT', stop)
    })
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
