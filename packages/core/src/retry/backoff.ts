/** Bounds of an exponential backoff. */
export interface BackoffOptions {
  /** Ceiling of the first pause, in milliseconds. */
  readonly baseMs: number
  /** Ceiling of every later pause, in milliseconds. */
  readonly maxMs: number
}

/**
 * Exponential backoff with full jitter: a pause drawn evenly from (0, min(maxMs, baseMs·2^attempt)].
 * See the AWS Architecture Blog, "Exponential Backoff And Jitter".
 * @param attempt failures before this pause, from 0
 * @param random returns a number in [0, 1)
 */
export function fullJitter(attempt: number, { baseMs, maxMs }: BackoffOptions, random: () => number): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 52))
  return Math.ceil((1 - random()) * ceiling)
}

/**
 * The bounds after `failingMs` of failures: no pause is longer than twice that time, so that all work recovers soon after an outage.
 * With average draws of {@link fullJitter} the pauses are the same as without.
 */
export function backoffWithin(failingMs: number, { baseMs, maxMs }: BackoffOptions): BackoffOptions {
  return { baseMs, maxMs: Math.min(maxMs, 2 * (baseMs + failingMs)) }
}
