import type { Clock } from '@ack-secret-manager/core'

/** First pause between two repairs of one target. */
const BASE_MS = 1_000
const MAX_MS = 300_000
/** The backoff resets after this time without a repair. */
const RESET_AFTER_MS = 600_000

/** Repairs drift at once, and repeated drift of the same target with exponential backoff. */
export class DriftBackoff {
  readonly #clock: Clock
  readonly #corrections = new Map<string, { count: number; lastMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How long to wait before the next repair of `key`, in milliseconds. */
  pauseMs(key: string): number {
    const past = this.#corrections.get(key)
    if (!past) return 0
    const sinceMs = this.#clock.monotonic() - past.lastMs
    if (sinceMs > RESET_AFTER_MS) {
      this.#corrections.delete(key)
      return 0
    }
    return Math.max(0, Math.min(MAX_MS, BASE_MS * 2 ** (past.count - 1)) - sinceMs)
  }

  /** When to repair a new drift of `key`, in milliseconds. Records the repair if it is due at once. */
  dueInMs(key: string): number {
    const pauseMs = this.pauseMs(key)
    if (pauseMs === 0) this.corrected(key)
    return pauseMs
  }

  /** How long to wait before `key` is retried, in milliseconds. A retry during the pause does not extend it. */
  retryInMs(key: string): number {
    if (this.pauseMs(key) === 0) this.corrected(key)
    return this.pauseMs(key)
  }

  /** Records a repair of `key`. */
  corrected(key: string): void {
    const count = (this.#corrections.get(key)?.count ?? 0) + 1
    this.#corrections.set(key, { count, lastMs: this.#clock.monotonic() })
  }

  forget(key: string): void {
    this.#corrections.delete(key)
  }
}

/** The backoffs of a sync engine. */
export interface Backoffs {
  /** For targets that other clients change. */
  readonly drift: DriftBackoff
  /** For statuses that other clients write. Separate, so that targets do not wait for them. */
  readonly statusDrift: DriftBackoff
  /** For targets that could not be released and replacements that could not be finished. */
  readonly kept: DriftBackoff
}

export function createBackoffs(clock: Clock): Backoffs {
  const backoff = (): DriftBackoff => new DriftBackoff(clock)
  return { drift: backoff(), statusDrift: backoff(), kept: backoff() }
}
