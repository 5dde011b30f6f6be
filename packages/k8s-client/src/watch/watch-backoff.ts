import { type BackoffOptions, fullJitter } from '@ack-secret-manager/core'

/** A watch that was open this long resets the backoff. */
const RESET_AFTER_MS = 30_000

/** Upper limit for `Retry-After`. */
const MAX_RETRY_AFTER_MS = 300_000

/**
 * Backoff of a list-and-watch loop. A successful connection alone does not reset it, so that a server that accepts and drops every
 * connection is not called in a tight loop.
 */
export class WatchBackoff {
  readonly #backoff: BackoffOptions
  readonly #random: () => number
  #failures = 0

  constructor(options: { readonly backoff: BackoffOptions; readonly random: () => number }) {
    this.#backoff = options.backoff
    this.#random = options.random
  }

  /**
   * Returns the pause before the next attempt.
   * @param last how long the last watch was open, whether it failed, and its `Retry-After`
   */
  next(last: {
    readonly livedMs: number
    readonly failed: boolean
    readonly retryAfterMs?: number | undefined
  }): number {
    if (last.livedMs >= RESET_AFTER_MS) {
      this.#failures = 0
      if (!last.failed) return 0
    }
    const pauseMs = fullJitter(this.#failures, this.#backoff, this.#random)
    this.#failures += 1
    return Math.max(pauseMs, Math.min(last.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS))
  }
}
