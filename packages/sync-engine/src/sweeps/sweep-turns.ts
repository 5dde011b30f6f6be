import { type Clock, type ClockTimer, sleep } from '@ack-secret-manager/core'

/** Half of the 40 lists a second that KMS allows an account: commands and other programs list, too. */
const PAGE_PAUSE_MS = 50
/** How long a sweep may wait for its service before the next one begins, too. */
const TURN_MS = 10_000

/** The turn of one sweep. */
export interface SweepTurn extends Disposable {
  /** Resolves when the pace of the account allows a page. @throws the reason of the signal */
  pace(signal: AbortSignal): Promise<void>
  /** Runs the calls for a page. Their time counts for the turn. @throws as `call` */
  page<T>(call: () => Promise<T>): Promise<T>
}

interface Line {
  /** Sweeps that wait for the turn, the first one at the front. */
  readonly waiting: (() => void)[]
  isTaken: boolean
  nextPageMs: number
  sweeps: number
}

/**
 * Lets the sweeps of one account and region follow each other. A sweep that has waited ten seconds for its service goes on while the next
 * one begins: a slow list delays others by that time, and not by its own. The pace of pages is common to all, so that they never exceed it.
 */
export class SweepTurns {
  readonly #clock: Clock
  readonly #lines = new Map<string, Line>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when the sweep may begin. */
  async take(quota: string): Promise<SweepTurn> {
    const line = this.#lines.get(quota) ?? { waiting: [], isTaken: false, nextPageMs: -Infinity, sweeps: 0 }
    this.#lines.set(quota, line)
    line.sweeps += 1
    if (line.isTaken) await new Promise<void>((resolve) => line.waiting.push(resolve))
    line.isTaken = true
    let hasTurn = true
    let waitedMs = 0
    const pass = (): void => {
      if (!hasTurn) return
      hasTurn = false
      const next = line.waiting.shift()
      // The turn stays taken, so that no later sweep gets it before the next one has begun.
      if (next) next()
      else line.isTaken = false
    }
    return {
      pace: (signal) => this.#pace(line, signal),
      page: async (call) => {
        const startedMs = this.#clock.monotonic()
        const timer: ClockTimer | undefined = hasTurn
          ? this.#clock.setTimeout(pass, Math.max(0, TURN_MS - waitedMs))
          : undefined
        try {
          return await call()
        } finally {
          timer?.cancel()
          waitedMs += this.#clock.monotonic() - startedMs
        }
      },
      [Symbol.dispose]: () => {
        pass()
        line.sweeps -= 1
        if (line.sweeps === 0) this.#lines.delete(quota)
      },
    }
  }

  /** Pages of all sweeps of a line get their times in the order in which they ask. */
  async #pace(line: Line, signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonic()
    const dueMs = Math.max(nowMs, line.nextPageMs)
    line.nextPageMs = dueMs + PAGE_PAUSE_MS
    if (dueMs > nowMs) await sleep(dueMs - nowMs, { clock: this.#clock, signal })
  }
}
