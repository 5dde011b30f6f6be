import type { Clock } from '@ack-secret-manager/core'

/** First pause between two checks of one target. */
const BASE_MS = 1_000
const MAX_MS = 300_000
/** After this long without a check, a target starts with the first pause again. */
const CALM_MS = 600_000
/** As many as there may be Secrets. The one that was checked least recently goes first. */
const MAX_TARGETS = 16_384

interface Checked {
  readonly count: number
  readonly lastMs: number
}

/** When each target may be checked again: at once where it was quiet, and otherwise after pauses that grow. */
export class CheckPauses {
  readonly #clock: Clock
  /** Least recently checked first. */
  readonly #checked = new Map<string, Checked>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How long to wait before the target of `key` is checked again, in milliseconds. */
  pauseMs(key: string): number {
    const past = this.#checked.get(key)
    if (!past || this.#isCalm(past)) return 0
    const sinceMs = this.#clock.monotonic() - past.lastMs
    return Math.max(0, Math.min(MAX_MS, BASE_MS * 2 ** (past.count - 1)) - sinceMs)
  }

  /** A check of the target begins. */
  begin(key: string): void {
    const past = this.#checked.get(key)
    const count = past && !this.#isCalm(past) ? past.count + 1 : 1
    this.#checked.delete(key)
    this.#checked.set(key, { count, lastMs: this.#clock.monotonic() })
    for (const [oldest, checked] of this.#checked) {
      if (this.#checked.size <= MAX_TARGETS && !this.#isCalm(checked)) break
      this.#checked.delete(oldest)
    }
  }

  /** The check was of use: the next pause is the first one again. */
  restart(key: string): void {
    const past = this.#checked.get(key)
    if (past) this.#checked.set(key, { ...past, count: 1 })
  }

  #isCalm({ lastMs }: Checked): boolean {
    return this.#clock.monotonic() - lastMs > CALM_MS
  }
}
