import type { Clock } from '@ack-secret-manager/core'

/** First interval between two checks of one target. */
const BASE_MS = 1_000
const MAX_MS = 300_000
/** Time without a check that resets the backoff of a target. */
const FORGET_AFTER_MS = 600_000
/** More than the supported number of Secrets. The least recently checked one is evicted first. */
const MAX_TARGETS = 16_384

interface Checked {
  readonly count: number
  readonly lastMs: number
}

/** Exponential backoff of content checks, per target. */
export class CheckBackoff {
  readonly #clock: Clock
  /** Least recently checked first. */
  readonly #checked = new Map<string, Checked>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Time until the next check of the target, in milliseconds. */
  pauseMs(key: string): number {
    const past = this.#checked.get(key)
    if (!past || this.#isExpired(past)) return 0
    const sinceMs = this.#clock.monotonic() - past.lastMs
    return Math.max(0, Math.min(MAX_MS, BASE_MS * 2 ** (past.count - 1)) - sinceMs)
  }

  /** A check of the target begins. */
  begin(key: string): void {
    const past = this.#checked.get(key)
    const count = past && !this.#isExpired(past) ? past.count + 1 : 1
    this.#checked.delete(key)
    this.#checked.set(key, { count, lastMs: this.#clock.monotonic() })
    for (const [oldest, checked] of this.#checked) {
      if (this.#checked.size <= MAX_TARGETS && !this.#isExpired(checked)) break
      this.#checked.delete(oldest)
    }
  }

  /** Resets the backoff after a check that found a difference. */
  reset(key: string): void {
    const past = this.#checked.get(key)
    if (past) this.#checked.set(key, { ...past, count: 1 })
  }

  #isExpired({ lastMs }: Checked): boolean {
    return this.#clock.monotonic() - lastMs > FORGET_AFTER_MS
  }
}
