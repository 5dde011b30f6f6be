/** Upper bound of a requested pause. */
const MAX_RETRY_AFTER_MS = 3_600_000

/** Response headers, names in lower case. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

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

/** How far the local clock is ahead of the service's `Date` header; undefined without that header. */
export function clockSkewMs(headers: ResponseHeaders, nowMs: number): number | undefined {
  const { date } = headers
  const skewMs = typeof date === 'string' ? nowMs - httpDateMs(date) : Number.NaN
  return Number.isFinite(skewMs) ? skewMs : undefined
}

function httpDateMs(text: string): number {
  // `Date.parse` accepts almost anything, even `-1`.
  return /^[A-Z][a-z]{2,8}[, ]/.test(text) ? Date.parse(text) : Number.NaN
}
