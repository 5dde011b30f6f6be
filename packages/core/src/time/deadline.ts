import { type Clock, systemClock } from './clock.ts'
import { SecretSyncError } from '../errors/secret-sync-error.ts'

export interface DeadlineOptions {
  readonly timeoutMs: number
  /** Description of the work for the message: `reading app/db from kms.cn-hangzhou.aliyuncs.com`. */
  readonly what: string
  /** Aborts the work as well. */
  readonly signal: AbortSignal
  /**
   * Aborts the work like `signal`, when the object that does the work is closed. In contrast to `AbortSignal.any`, leaves nothing at
   * it. @default none
   */
  readonly closing?: AbortSignal
  /** @default systemClock */
  readonly clock?: Clock
}

/**
 * Runs `work` with a signal that aborts after `timeoutMs`, and stops waiting then even if `work` ignores it.
 * @throws SecretSyncError `Timeout` after `timeoutMs`, `Cancelled` when the caller's signal aborts
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { timeoutMs, what, signal, closing, clock = systemClock }: DeadlineOptions,
): Promise<T> {
  if (signal.aborted || closing?.aborted === true) throw cancelled(what)
  const controller = new AbortController()
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  const stop = (error: SecretSyncError): void => {
    // Reject first: work that observes the signal fails too, and its error would hide the reason.
    reject(error)
    controller.abort(error)
  }
  const onAbort = (): void => stop(cancelled(what))
  signal.addEventListener('abort', onAbort, { once: true })
  closing?.addEventListener('abort', onAbort, { once: true })
  const timer = clock.setTimeout(
    () =>
      stop(
        new SecretSyncError('Timeout', `${what}: no response within ${timeoutMs} ms`, {
          facts: { waitedMs: timeoutMs },
        }),
      ),
    timeoutMs,
  )
  try {
    return await Promise.race([work(controller.signal), stopped])
  } catch (error) {
    // Stops the rest of the failed work.
    controller.abort(error)
    throw error
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', onAbort)
    closing?.removeEventListener('abort', onAbort)
  }
}

function cancelled(what: string): SecretSyncError {
  return new SecretSyncError('Cancelled', `${what}: cancelled`)
}
