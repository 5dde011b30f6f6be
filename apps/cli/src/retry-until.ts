import {
  type Clock,
  fullJitter,
  isOutage,
  isSecretSyncError,
  needsUserAction,
  type SecretSyncError,
  sleep,
  systemClock,
  withDeadline,
} from '@ack-secret-manager/core'
import { withLimit } from './time-limit.ts'

/** Options of {@link retryUntil}. */
export interface RetryUntilOptions {
  /** What is left of {@link RetryUntilOptions.limitMs}. */
  readonly timeoutMs: number
  /** `--timeout`, for the error. @default timeoutMs */
  readonly limitMs?: number
  /** The work in the error if it has not failed once by then. */
  readonly what: string
  readonly signal: AbortSignal
  /** Pauses between attempts, whose number they limit. @default growing ones, until the time is over */
  readonly pausesMs?: readonly number[]
  /** Called before each further attempt. */
  readonly onRetry: (error: SecretSyncError) => void
  /** @default systemClock */
  readonly clock?: Clock
}

const PAUSES = { baseMs: 500, maxMs: 4_000 }

/**
 * What `--timeout` promises: work is repeated while it fails for a transient reason, until the time is over.
 * @throws the last failure; `Timeout` if the first attempt has not ended; `Cancelled`
 */
export async function retryUntil<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { timeoutMs, limitMs = timeoutMs, what, signal, onRetry, pausesMs, clock = systemClock }: RetryUntilOptions,
): Promise<T> {
  const endsAtMs = clock.monotonic() + timeoutMs
  let last: SecretSyncError | undefined
  /** Why no further attempt follows. */
  let final: unknown
  const attempts = async (within: AbortSignal): Promise<T> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one attempt after another
        return await work(within)
      } catch (error) {
        if (!within.aborted) final = error
        if (!isSecretSyncError(error) || !isOutage(error.code) || needsUserAction(error)) throw error
        const pauseMs =
          pausesMs === undefined
            ? Math.max(fullJitter(attempt, PAUSES, Math.random), error.facts.retryAfterMs ?? 0)
            : (pausesMs[attempt] ?? Infinity)
        if (within.aborted || clock.monotonic() + pauseMs >= endsAtMs) throw error
        last = error
        onRetry(error)
        // oxlint-disable-next-line no-await-in-loop -- the pause between two attempts
        await sleep(pauseMs, { clock, signal: within })
      }
    }
  }
  try {
    return await withDeadline(attempts, { timeoutMs, what, signal, clock })
  } catch (error) {
    // An attempt that was cut off says less than the failure before it.
    if (last !== undefined && error !== final && !signal.aborted) throw last
    throw withLimit(error, limitMs)
  }
}
