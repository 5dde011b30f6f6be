import type { Clock, ClockTimer } from '@ack-secret-manager/core'
import type { Log } from '../output/log.ts'
import { type Child, type ChildExit, ChildStartError, exitCodeOf, signalCode } from './child.ts'
import type { WatchMode } from './watch-mode.ts'

/** Options of a {@link Supervisor}. */
export interface SupervisorOptions {
  /** For messages. */
  readonly program: string
  /** Starts the program with the current values. @throws ChildStartError */
  readonly start: () => Promise<Child>
  readonly mode: WatchMode
  /** Time after SIGTERM until SIGKILL when the program is restarted. */
  readonly stopTimeoutMs: number
  readonly log: Log
  readonly clock: Clock
}

/** Signals that ask a program to end. */
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGQUIT']
/** Failures in a row after which the program is not started again. */
const MAX_FAILURES = 5
/** A program that ran longer has started well, so that its failure is a new one. */
const STABLE_AFTER_MS = 10_000
const PAUSES = { baseMs: 1_000, maxMs: 30_000 }

/** Runs the program until it ends, and restarts or signals it when values change. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #received = new Set<NodeJS.Signals>()
  #child: Child | undefined
  #isChanged = false
  readonly #waiting: (() => void)[] = []

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** The values have changed. */
  change(): void {
    const { mode, log, program } = this.#options
    if (mode.kind === 'signal') {
      log.info(`sending ${mode.signal} to ${program}`)
      this.#child?.signal(mode.signal)
    }
    this.#isChanged = mode.kind === 'restart'
    this.#wake()
  }

  /** A signal arrived. With `isShared` the terminal has sent it to the program, too. */
  signal(signal: NodeJS.Signals, isShared: boolean): void {
    this.#received.add(signal)
    if (!isShared) this.#child?.signal(signal)
    this.#wake()
  }

  /** Ends the program without waiting, because this process ends. */
  abandon(): void {
    this.#child?.signal('SIGTERM')
  }

  /** @returns the exit code of the program, as a shell reports it */
  async run(): Promise<number> {
    const { log, mode, program, clock } = this.#options
    let failures = 0
    for (;;) {
      this.#isChanged = false
      const child = await this.#start()
      if (typeof child === 'number') return child
      const startedMs = clock.monotonic()
      const exit = await this.#next(child)
      if (exit === 'changed') {
        log.info(`restarting ${program}`)
        const stopped = await this.#stop(child)
        if (this.#isEnding(stopped)) return exitCodeOf(stopped)
        failures = 0
        continue
      }
      const code = exitCodeOf(exit)
      if (mode.kind !== 'restart' || code === 0 || this.#isEnding(exit)) return code
      failures = clock.monotonic() - startedMs >= STABLE_AFTER_MS ? 1 : failures + 1
      const how = exit.signal ?? `exit code ${code}`
      if (failures >= MAX_FAILURES) {
        log.warn(`${program} ended with ${how}, ${failures} times in a row; giving up`)
        return code
      }
      const pauseMs = Math.min(PAUSES.maxMs, PAUSES.baseMs * 2 ** (failures - 1))
      log.warn(`${program} ended with ${how}; starting it again in ${pauseMs / 1_000} s, or when a value changes`)
      const signal = await this.#pause(pauseMs)
      if (signal !== undefined) return signalCode(signal)
      if (this.#isChanged) failures = 0
    }
  }

  async #start(): Promise<Child | number> {
    try {
      this.#child = await this.#options.start()
    } catch (error) {
      if (!(error instanceof ChildStartError)) throw error
      this.#options.log.error(error.message)
      return error.exitCode
    }
    // A signal that arrived while the program was starting.
    for (const signal of this.#received) if (ENDING.includes(signal)) this.#child.signal(signal)
    return this.#child
  }

  /** The end of the program, or a change that requires a restart. */
  async #next(child: Child): Promise<ChildExit | 'changed'> {
    for (;;) {
      if (this.#isChanged && this.#endingSignal() === undefined) return 'changed'
      const exit = await Promise.race([child.exited, this.#woken()])
      if (exit !== undefined) return exit
    }
  }

  async #stop(child: Child): Promise<ChildExit> {
    const { clock, stopTimeoutMs, log, program } = this.#options
    const timer = clock.setTimeout(() => {
      log.warn(`${program} has not ended ${stopTimeoutMs / 1_000} s after SIGTERM; killing it`)
      child.signal('SIGKILL')
    }, stopTimeoutMs)
    child.signal('SIGTERM')
    try {
      return await child.exited
    } finally {
      timer.cancel()
    }
  }

  /** Waits until the time is over or a value changes. @returns the signal that has ended the pause */
  async #pause(pauseMs: number): Promise<NodeJS.Signals | undefined> {
    let timer: ClockTimer | undefined
    const over = new Promise<true>((resolve) => {
      timer = this.#options.clock.setTimeout(() => resolve(true), pauseMs)
    })
    this.#child = undefined
    try {
      for (;;) {
        const signal = this.#endingSignal() ?? (this.#received.has('SIGHUP') ? 'SIGHUP' : undefined)
        if (signal !== undefined || this.#isChanged) return signal
        if ((await Promise.race([over, this.#woken()])) === true) return undefined
      }
    } finally {
      timer?.cancel()
    }
  }

  #endingSignal(): NodeJS.Signals | undefined {
    return ENDING.find((signal) => this.#received.has(signal))
  }

  /** Whether the program ended because a user or the system wanted it to. Many programs reload on SIGHUP instead. */
  #isEnding(exit: ChildExit): boolean {
    const isHungUp = this.#received.has('SIGHUP') && exitCodeOf(exit) === signalCode('SIGHUP')
    return this.#endingSignal() !== undefined || isHungUp
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #woken(): Promise<undefined> {
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(undefined))
    })
  }
}
