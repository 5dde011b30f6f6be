import { type Clock, type ClockTimer, sleep } from '@ack-secret-manager/core'
import { WaitingSweeps } from './waiting-sweeps.ts'

/** Half of the 40 list calls per second that KMS allows per account, because commands and other programs also list secrets. */
const PAGE_PAUSE_MS = 50
/** How long a sweep may wait for responses before the next one begins as well. */
const TURN_MS = 10_000
/** How many pages a sweep may read before the next one begins as well: those of 50,000 secrets without tags in KMS. Takes 25 seconds. */
const TURN_PAGES = 500

/** The turn of one sweep. */
export interface SweepTurn extends Disposable {
  /** Resolves when the pace of the account allows a page. @throws the reason of the signal */
  pace(signal: AbortSignal): Promise<void>
  /** Runs the calls for a page. Their time counts for the turn. @throws as `call` */
  page<T>(call: () => Promise<T>): Promise<T>
}

/** A sweep that waits for its turn. */
export interface SweepRequest {
  /** Identifies the list. */
  readonly key: string
  /** The namespaces that need it. */
  readonly namespaces: Iterable<string>
  readonly signal: AbortSignal
}

interface Line {
  readonly waiting: WaitingSweeps
  isTaken: boolean
  nextPageMs: number
  sweeps: number
}

/**
 * Runs the sweeps of one account and region one after the other; namespaces take turns. The next sweep begins when the current one has
 * waited ten seconds for responses or read many pages, so a slow or endless list delays others by at most that. All sweeps share the pace
 * of pages.
 */
export class SweepTurns {
  readonly #clock: Clock
  readonly #lines = new Map<string, Line>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Number of sweeps that wait for a turn. */
  get waiting(): number {
    return [...this.#lines.values()].reduce((sum, { waiting }) => sum + waiting.size, 0)
  }

  /** Number of other sweeps in the line of one that waits. */
  othersOf(quota: string): number {
    const line = this.#lines.get(quota)
    return line === undefined ? 0 : line.waiting.size - 1 + (line.isTaken ? 1 : 0)
  }

  /** One more namespace needs a list, which may be waiting for its turn. */
  join(quota: string, key: string, namespace: string): void {
    this.#lines.get(quota)?.waiting.join(key, namespace)
  }

  /** Resolves when the sweep may begin. @throws the reason of the signal */
  async take(quota: string, request: SweepRequest): Promise<SweepTurn> {
    request.signal.throwIfAborted()
    const line = this.#lines.get(quota) ?? {
      waiting: new WaitingSweeps(),
      isTaken: false,
      nextPageMs: -Infinity,
      sweeps: 0,
    }
    this.#lines.set(quota, line)
    line.sweeps += 1
    try {
      if (line.isTaken) await whenBegun(line.waiting, request)
    } catch (error) {
      this.#leave(quota, line)
      throw error
    }
    line.isTaken = true
    let hasTurn = true
    let waitedMs = 0
    let pages = 0
    const pass = (): void => {
      if (!hasTurn) return
      hasTurn = false
      // The turn stays taken, so that no later sweep gets it before the next one has begun.
      if (!line.waiting.beginNext()) line.isTaken = false
    }
    return {
      pace: (signal) => this.#pace(line, signal),
      page: async (call) => {
        pages += 1
        if (pages > TURN_PAGES) pass()
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
        this.#leave(quota, line)
      },
    }
  }

  #leave(quota: string, line: Line): void {
    line.sweeps -= 1
    if (line.sweeps === 0) this.#lines.delete(quota)
  }

  /** Pages of all sweeps of a line get their times in the order of the requests. */
  async #pace(line: Line, signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonic()
    const dueMs = Math.max(nowMs, line.nextPageMs)
    line.nextPageMs = dueMs + PAGE_PAUSE_MS
    if (dueMs > nowMs) await sleep(dueMs - nowMs, { clock: this.#clock, signal })
  }
}

async function whenBegun(waiting: WaitingSweeps, { key, namespaces, signal }: SweepRequest): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = (): void => {
    waiting.remove(key)
    reject(signal.reason as Error)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  waiting.add(key, namespaces, resolve)
  try {
    await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
