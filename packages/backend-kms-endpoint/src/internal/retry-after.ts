import type { IncomingHttpHeaders } from 'node:http'

/** Longer pauses that somebody asks for are cut to this. */
export const MAX_RETRY_AFTER_MS = 3_600_000

/**
 * How long the other side asked us to wait, at most {@link MAX_RETRY_AFTER_MS}. `x-acs-retry-after` is in milliseconds
 * (as Alibaba Cloud's own SDK core reads it), `Retry-After` in seconds or a date (RFC 9110, section 10.2.3).
 */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const own = headers['x-acs-retry-after']
  if (typeof own === 'string' && /^\d{1,12}$/.test(own)) return Math.min(Number(own), MAX_RETRY_AFTER_MS)
  const standard = headers['retry-after']
  if (standard === undefined) return undefined
  // `Date.parse` takes almost anything for a date, even `-1`.
  const dateMs = /^[A-Z][a-z]{2,8}[, ]/.test(standard) ? Date.parse(standard) : Number.NaN
  const waitMs = /^\d{1,9}$/.test(standard) ? Number(standard) * 1_000 : dateMs - nowMs
  return Number.isFinite(waitMs) ? Math.min(Math.max(0, waitMs), MAX_RETRY_AFTER_MS) : undefined
}
