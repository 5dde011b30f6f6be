import { type BackoffOptions, fullJitter } from '@ack-secret-manager/core'

/** A connection that lived this long was a good one: what fails afterwards is a new trouble. */
const GOOD_AFTER_MS = 30_000

/** Longest pause that an API server can ask for. */
const MAX_RETRY_AFTER_MS = 300_000

/**
 * Pauses between the attempts of an endless loop. Success alone does not shorten them: a server that accepts every
 * connection and drops it at once is waited for as one that refuses.
 */
export class RetryPauses {
  readonly #backoff: BackoffOptions
  readonly #random: () => number
  #failures = 0

  constructor(options: { readonly backoff: BackoffOptions; readonly random: () => number }) {
    this.#backoff = options.backoff
    this.#random = options.random
  }

  /**
   * The pause before the next attempt.
   * @param last how long the last attempt worked before it ended, whether it failed, and what the API server asked for
   */
  next(last: {
    readonly livedMs: number
    readonly failed: boolean
    readonly retryAfterMs?: number | undefined
  }): number {
    if (last.livedMs >= GOOD_AFTER_MS) {
      this.#failures = 0
      if (!last.failed) return 0
    }
    const pauseMs = fullJitter(this.#failures, this.#backoff, this.#random)
    this.#failures += 1
    return Math.max(pauseMs, Math.min(last.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS))
  }
}
