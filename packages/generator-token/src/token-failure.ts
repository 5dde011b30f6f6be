import { fullJitter, isOutage, SecretSyncError } from '@ack-secret-manager/core'
import { MIN_SLOT_MS } from './call-slots.ts'

const BACKOFF_BASE_MS = 5_000
/** After an outage a token must be renewed before it expires, and some live for 15 minutes only. */
const MAX_OUTAGE_BACKOFF_MS = 60_000
/** After a refusal, or when the service requests a pause. */
export const MAX_BACKOFF_MS = 300_000

/** How long no other call is made. */
export function pauseAfter(error: SecretSyncError, attempt: number, random: () => number): number {
  const maxMs = isOutage(error.code) ? MAX_OUTAGE_BACKOFF_MS : MAX_BACKOFF_MS
  const backoffMs = fullJitter(attempt, { baseMs: BACKOFF_BASE_MS, maxMs }, random)
  return Math.min(Math.max(backoffMs, error.facts.retryAfterMs ?? 0), MAX_BACKOFF_MS)
}

/** The error with the time until the next call, because no attempt before then can succeed. */
export function withRetryAfter(error: SecretSyncError, retryAfterMs: number): SecretSyncError {
  return new SecretSyncError(error.code, error.message, { facts: { ...error.facts, retryAfterMs }, cause: error })
}

/** The service was not called, because other calls of the identity had all slots. */
export function queueError(what: string, limits: { readonly calls: number; readonly waitedMs: number }) {
  const { calls, waitedMs } = limits
  const perSecond = (calls * 1_000) / MIN_SLOT_MS
  return new SecretSyncError(
    'Throttled',
    `${what}: not called within ${waitedMs / 1_000} s, because other tokens of its identity came first; ` +
      `an identity makes ${calls} calls at once and ${perSecond} per second: use fewer tokens, or stores with other identities`,
    { facts: { waitedMs } },
  )
}
