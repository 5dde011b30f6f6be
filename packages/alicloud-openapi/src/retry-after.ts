import { httpDateMs, type ResponseHeaders } from './response-headers.ts'

/** Upper bound of a requested pause. */
const MAX_RETRY_AFTER_MS = 3_600_000

/**
 * The pause that the service requests, at most an hour. `x-acs-retry-after` is in milliseconds (as the SDK core of Alibaba
 * Cloud reads it), `Retry-After` in seconds or a date (RFC 9110, section 10.2.3).
 */
export function retryAfterMs(headers: ResponseHeaders, nowMs: number): number | undefined {
  const own = headers['x-acs-retry-after']
  if (typeof own === 'string' && /^\d{1,12}$/.test(own)) return Math.min(Number(own), MAX_RETRY_AFTER_MS)
  const standard = headers['retry-after']
  if (typeof standard !== 'string') return undefined
  const waitMs = /^\d{1,9}$/.test(standard) ? Number(standard) * 1_000 : httpDateMs(standard) - nowMs
  return Number.isFinite(waitMs) ? Math.min(Math.max(0, waitMs), MAX_RETRY_AFTER_MS) : undefined
}
