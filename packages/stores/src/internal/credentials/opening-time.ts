import type { Clock } from '@ack-secret-manager/core'

/** Share of the time of the event loop that one namespace may use in the long run. */
const SHARE = 0.1
/** Time that may be used at once: about 200 files of KMS. */
const BURST_MS = 5_000

interface Usage {
  readonly usedMs: number
  readonly atMs: number
}

/** Limits the time that files of one namespace block the event loop. A leaky bucket for each namespace. */
export class OpeningTime {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** Only of namespaces that have not regained all their time. */
  readonly #usage = new Map<string, Usage>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** How long the next file of the namespace has to wait, in milliseconds. */
  waitMs(namespace: string): number {
    return Math.max(0, (this.#usedMs(namespace) - BURST_MS) / SHARE)
  }

  /** A file of the namespace has blocked the event loop for `ms`. */
  add(namespace: string, ms: number): void {
    for (const each of this.#usage.keys()) if (this.#usedMs(each) === 0) this.#usage.delete(each)
    if (ms > 0) this.#usage.set(namespace, { usedMs: this.#usedMs(namespace) + ms, atMs: this.#clock.monotonic() })
  }

  #usedMs(namespace: string): number {
    const { usedMs, atMs } = this.#usage.get(namespace) ?? { usedMs: 0, atMs: 0 }
    return Math.max(0, usedMs - (this.#clock.monotonic() - atMs) * SHARE)
  }
}
