import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { collect, RUN_VARIABLES } from '@ack-secret-manager/test-support/canary'

/** Options of {@link Program.start}. */
export interface ProgramOptions {
  /** For messages. */
  readonly name: string
  /** Script to run with this Node. */
  readonly script: string
  readonly args: readonly string[]
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly nodeArgs?: readonly string[]
  readonly cwd?: string
}

/** Options of {@link Program.run}. */
export interface CommandOptions extends Pick<ProgramOptions, 'name' | 'args' | 'env' | 'cwd'> {
  /** Executable file, or its name in `PATH`. */
  readonly command: string
}

/** Number of first lines that are kept for searches, and of last lines for messages. */
const KEPT_LINES = 100_000
const LATEST_LINES = 5
/** Both allow for a busy machine. */
const STOP_DEADLINE_MS = 60_000
const LINE_DEADLINE_MS = 120_000

/** A program in a separate process, with its output line by line. The canary scan of a test run also reads the output. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #name: string
  readonly #lines: string[] = []
  readonly #latest: string[] = []
  readonly #watchers = new Set<() => void>()
  readonly #exited: Promise<number | string>
  #isGone = false

  private constructor(name: string, child: ChildProcess) {
    this.#name = name
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue
      stream.on('data', (chunk: Buffer) => collect(name, chunk))
      createInterface({ input: stream }).on('line', (line) => this.#onLine(line))
    }
    this.#exited = new Promise((resolve) => {
      // Not 'exit', because the last output may arrive after it.
      child.once('close', (code, signal) => {
        this.#isGone = true
        process.off('exit', this.#onParentExit)
        resolve(code ?? signal ?? 'gone')
        this.#notify()
      })
    })
    process.on('exit', this.#onParentExit)
  }

  /** Starts a Node program. */
  static start({ script, args, nodeArgs = [], ...options }: ProgramOptions): Program {
    return Program.run({ ...options, command: process.execPath, args: [...nodeArgs, script, ...args] })
  }

  /** Starts any program. */
  static run({ name, command, args, env = {}, cwd }: CommandOptions): Program {
    const unaware = Object.fromEntries(RUN_VARIABLES.map((variable) => [variable, undefined]))
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...unaware, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new Program(name, child)
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** The first 100,000 lines of stdout and stderr, in order of arrival. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** The latest lines, for messages. */
  get latest(): string {
    return this.#latest.join(' | ')
  }

  /** Exit code, or the signal that ended it. */
  get exited(): Promise<number | string> {
    return this.#exited
  }

  /** The first past or future line for which `find` returns a value. @throws Error if the program ends or the deadline passes */
  async line<T>(find: (line: string) => T | undefined, deadlineMs: number = LINE_DEADLINE_MS): Promise<T> {
    const endMs = performance.now() + deadlineMs
    for (let next = 0; ;) {
      for (; next < this.#lines.length; next += 1) {
        const found = find(this.#lines[next] ?? '')
        if (found !== undefined) return found
      }
      if (this.#hasExited()) throw new Error(`${this.#name} ended: ${this.latest}`)
      const leftMs = endMs - performance.now()
      if (leftMs <= 0) throw new Error(`${this.#name}: not seen in ${deadlineMs} ms: ${this.latest}`)
      await this.#change(leftMs)
    }
  }

  /** SIGTERM, then SIGKILL after a deadline. @returns the exit code or signal */
  async stop(deadlineMs: number = STOP_DEADLINE_MS): Promise<number | string> {
    if (!this.#hasExited()) this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), deadlineMs)
    const code = await this.#exited
    clearTimeout(timer)
    return code
  }

  /** Sends SIGKILL, like a crash, or another signal, like a paused machine. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  readonly #onParentExit = (): void => {
    this.#child.kill('SIGKILL')
  }

  #hasExited(): boolean {
    return this.#isGone
  }

  #onLine(line: string): void {
    if (this.#lines.length < KEPT_LINES) this.#lines.push(line)
    this.#latest.push(line)
    if (this.#latest.length > LATEST_LINES) this.#latest.shift()
    this.#notify()
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher()
  }

  async #change(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#watchers.delete(done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#watchers.add(done)
    })
  }
}
