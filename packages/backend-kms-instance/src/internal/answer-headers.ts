/** Longer pauses that somebody asks for are cut to this. */
export const MAX_RETRY_AFTER_MS = 3_600_000

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** How long the other side asked us to wait: seconds or a date. RFC 9110, section 10.2.3. */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const text = headers['retry-after']
  if (typeof text !== 'string') return undefined
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : httpDateMs(text) - nowMs
  return Number.isFinite(waitMs) ? Math.min(Math.max(0, waitMs), MAX_RETRY_AFTER_MS) : undefined
}

/** By how much our clock is ahead of the other side's, from its `Date` header; undefined where it has none. */
export function clockSkewMs(headers: Headers, nowMs: number): number | undefined {
  const { date } = headers
  const skewMs = typeof date === 'string' ? nowMs - httpDateMs(date) : Number.NaN
  return Number.isFinite(skewMs) ? skewMs : undefined
}

function httpDateMs(text: string): number {
  // `Date.parse` takes almost anything for a date, even `-1`.
  return /^[A-Z][a-z]{2,8}[, ]/.test(text) ? Date.parse(text) : Number.NaN
}
