/** Longer pauses that somebody asks for are cut to this. */
const MAX_RETRY_AFTER_MS = 3_600_000

/** Headers of an answer, names in lower case. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * How long the other side asked us to wait, at most an hour. `x-acs-retry-after` is in milliseconds (as Alibaba Cloud's own
 * SDK core reads it), `Retry-After` in seconds or a date (RFC 9110, section 10.2.3).
 */
export function retryAfterMs(headers: ResponseHeaders, nowMs: number): number | undefined {
  const own = headers['x-acs-retry-after']
  if (typeof own === 'string' && /^\d{1,12}$/.test(own)) return Math.min(Number(own), MAX_RETRY_AFTER_MS)
  const standard = headers['retry-after']
  if (typeof standard !== 'string') return undefined
  const waitMs = /^\d{1,9}$/.test(standard) ? Number(standard) * 1_000 : httpDateMs(standard) - nowMs
  return Number.isFinite(waitMs) ? Math.min(Math.max(0, waitMs), MAX_RETRY_AFTER_MS) : undefined
}

/** By how much our clock is ahead of the other side's, from its `Date` header; undefined where it has none. */
export function clockSkewMs(headers: ResponseHeaders, nowMs: number): number | undefined {
  const { date } = headers
  const skewMs = typeof date === 'string' ? nowMs - httpDateMs(date) : Number.NaN
  return Number.isFinite(skewMs) ? skewMs : undefined
}

function httpDateMs(text: string): number {
  // `Date.parse` takes almost anything for a date, even `-1`.
  return /^[A-Z][a-z]{2,8}[, ]/.test(text) ? Date.parse(text) : Number.NaN
}
