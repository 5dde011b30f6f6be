import {
  type BackoffOptions,
  type Clock,
  fullJitter,
  isSecretSyncError,
  needsUserAction,
  type SecretSyncError,
  sleep,
} from '@ack-secret-manager/core'

/** Options of {@link withRetries}. */
export interface RetryOptions {
  readonly attempts: number
  /** By the monotonic clock: a pause that would end later is not made. */
  readonly deadlineMs: number
  readonly backoff: BackoffOptions
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly random: () => number
  /** Called before each further attempt. Must not throw. */
  readonly onRetry: (error: SecretSyncError) => void
}

/** Whether KMS has not done what was asked, or may not have. */
function isTransient(error: unknown): error is SecretSyncError {
  if (!isSecretSyncError(error) || needsUserAction(error)) return false
  // A page of a proxy instead of JSON has a status that says nothing.
  return ['Throttled', 'Unavailable', 'Timeout', 'InvalidResponse'].includes(error.code)
}

/**
 * Runs `work`, and again while it fails for a reason that passes. Only for work that may be done twice.
 * @throws the last error
 */
export async function withRetries<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { attempts, deadlineMs, backoff, signal, clock, random, onRetry } = options
  for (let attempt = 1; ; attempt += 1) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one attempt after another
      return await work()
    } catch (error) {
      if (attempt >= attempts || signal.aborted || !isTransient(error)) throw error
      const pauseMs = Math.max(fullJitter(attempt - 1, backoff, random), error.facts.retryAfterMs ?? 0)
      // The last error says more than that the time is over.
      if (clock.monotonic() + pauseMs >= deadlineMs) throw error
      onRetry(error)
      // oxlint-disable-next-line no-await-in-loop -- the pause between two attempts
      await sleep(pauseMs, { signal, clock })
    }
  }
}
