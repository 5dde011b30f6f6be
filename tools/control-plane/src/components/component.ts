import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ControlPlaneFailed } from '../control-plane-error.ts'
import type { Program } from '../binaries/programs.ts'

export interface ComponentOptions {
  readonly program: Program
  readonly binariesDir: string
  /** Directory of its data and log. The program deletes it after the end of this process. */
  readonly dataDir: string
  /** Name of its log, without `.log`. @default the program */
  readonly logName?: string
  /** Garbage collection of Go. @default GOGC and GOMEMLIMIT of this process, else {@link FOR_SMALL_CLUSTERS} */
  readonly collection?: GarbageCollection
  /** Called when the program exits unexpectedly. */
  readonly onDeath: (failure: ControlPlaneFailed) => void
}

/** Variables of the Go runtime. */
export interface GarbageCollection {
  readonly GOGC: string
  readonly GOMEMLIMIT: string
}

/**
 * Collect garbage at 5 instead of 2 times the live memory, which takes less CPU time, but keep an API server below half a gigabyte.
 * With thousands of objects it would do little else than collect.
 */
const FOR_SMALL_CLUSTERS: GarbageCollection = { GOGC: '400', GOMEMLIMIT: '450MiB' }

/** The defaults of Go, as in a real cluster. */
export const AS_IN_PRODUCTION: GarbageCollection = { GOGC: '100', GOMEMLIMIT: 'off' }

/** An API server that is not ready runs and logs all its checks for each request, which takes milliseconds. */
const READY_PAUSE_MS = 100

function ofThisProcess(): GarbageCollection {
  const { GOGC, GOMEMLIMIT } = process.env
  return { ...FOR_SMALL_CLUSTERS, ...(GOGC && { GOGC }), ...(GOMEMLIMIT && { GOMEMLIMIT }) }
}

/** One program of the control plane, which can be restarted with the same data. */
export class Component {
  readonly program: Program
  readonly #options: ComponentOptions
  readonly #logFile: string
  #child: ChildProcess | undefined
  #stopping = false

  constructor(options: ComponentOptions) {
    this.program = options.program
    this.#options = options
    this.#logFile = path.join(options.dataDir, `${options.logName ?? options.program}.log`)
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get pid(): number | undefined {
    return this.running ? this.#child?.pid : undefined
  }

  /** Starts the program. It writes its log directly to a file, so that a busy event loop in this process does not delay it. */
  start(args: readonly string[]): void {
    const { binariesDir, collection = ofThisProcess(), dataDir, onDeath, program } = this.#options
    const log = openSync(this.#logFile, 'a', 0o600)
    // A pipe that is never written to: when it closes, the program knows that this process has ended.
    const child = spawn(path.join(binariesDir, program), args, {
      cwd: dataDir,
      stdio: ['pipe', log, log],
      env: {
        PATH: process.env.PATH,
        HOME: dataDir,
        ...collection,
        CONTROL_PLANE_EXIT_WITH_STDIN: '1',
        ...(program === 'etcd' ? { CONTROL_PLANE_ORPHANED_DIR: dataDir } : {}),
      },
    })
    closeSync(log)
    child.stdin?.on('error', () => undefined) // 'exit' reports the death that causes EPIPE.
    this.#child = child
    this.#stopping = false
    const died = (how: string): void => {
      if (this.#stopping || this.#child !== child) return
      void this.failure(`${program} ended (${how})`).then(onDeath)
    }
    child.once('error', (error) => died(error.message))
    child.once('exit', (code, signal) => died(`exit code ${code ?? signal}`))
  }

  /** Ends the program with `signal`, after `deadlineMs` with SIGKILL; resolves when it has exited. */
  async stop(signal: 'SIGTERM' | 'SIGKILL', deadlineMs: number): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.running) return
    this.#stopping = true
    const gone = once(child, 'exit')
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
    await gone
    clearTimeout(timer)
  }

  /** For the exit of this process, when nothing can be awaited. */
  killNow(): void {
    this.#stopping = true
    this.#child?.kill('SIGKILL')
  }

  /** Polls `isReady`. */
  async untilReady(isReady: () => Promise<boolean>, deadlineMs: number): Promise<void> {
    const giveUpAt = performance.now() + deadlineMs
    while (!(await isReady())) {
      if (!this.running) throw await this.failure(`${this.program} ended before it was ready`)
      if (performance.now() > giveUpAt)
        throw await this.failure(`${this.program} was not ready within ${deadlineMs} ms`)
      await pause(READY_PAUSE_MS)
    }
  }

  /** An error with the end of the program's log. */
  async failure(what: string): Promise<ControlPlaneFailed> {
    const lines = await this.#lastLogLines().catch(() => 'no log')
    return new ControlPlaneFailed(`${what}; its last lines:\n${lines}`)
  }

  async #lastLogLines(): Promise<string> {
    const handle = await open(this.#logFile)
    try {
      const { size } = await handle.stat()
      const length = Math.min(size, 8_192)
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length)
      return buffer.toString('utf8').trimEnd().split('\n').slice(-12).join('\n')
    } finally {
      await handle.close()
    }
  }
}
