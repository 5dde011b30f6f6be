import type { Clock } from '@ack-secret-manager/core'

/** First pause between two restorations of one target. */
const BASE_MS = 1_000
const MAX_MS = 300_000
/** A target that was left alone for so long starts anew. */
const CALM_MS = 600_000

/** Restores a target at once, and one that somebody keeps changing back with pauses that grow. */
export class DriftBackoff {
  readonly #clock: Clock
  readonly #corrections = new Map<string, { count: number; lastMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How long to wait before the target of `key` is restored again, in milliseconds. */
  pauseMs(key: string): number {
    const past = this.#corrections.get(key)
    if (!past) return 0
    const sinceMs = this.#clock.monotonic() - past.lastMs
    if (sinceMs > CALM_MS) {
      this.#corrections.delete(key)
      return 0
    }
    return Math.max(0, Math.min(MAX_MS, BASE_MS * 2 ** (past.count - 1)) - sinceMs)
  }

  /** When to restore what somebody has changed just now, in milliseconds; counted where that is at once. */
  dueInMs(key: string): number {
    const pauseMs = this.pauseMs(key)
    if (pauseMs === 0) this.corrected(key)
    return pauseMs
  }

  /** How long to wait before `key` is tried again, in milliseconds. A try before the pause has ended does not make it grow. */
  retryInMs(key: string): number {
    if (this.pauseMs(key) === 0) this.corrected(key)
    return this.pauseMs(key)
  }

  /** The target of `key` was restored just now. */
  corrected(key: string): void {
    const count = (this.#corrections.get(key)?.count ?? 0) + 1
    this.#corrections.set(key, { count, lastMs: this.#clock.monotonic() })
  }

  forget(key: string): void {
    this.#corrections.delete(key)
  }
}

/** The pauses that a sync engine keeps. */
export interface Backoffs {
  /** Of targets that others change. */
  readonly drift: DriftBackoff
  /** Of statuses that others write: targets do not wait for these. */
  readonly statusDrift: DriftBackoff
  /** Of targets that could not be released, and of replacements that could not be finished. */
  readonly kept: DriftBackoff
}

export function createBackoffs(clock: Clock): Backoffs {
  const pacer = (): DriftBackoff => new DriftBackoff(clock)
  return { drift: pacer(), statusDrift: pacer(), kept: pacer() }
}
