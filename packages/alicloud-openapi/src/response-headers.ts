/** Response headers, names in lower case. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** How far the local clock is ahead of the service's `Date` header; undefined without that header. */
export function clockSkewMs(headers: ResponseHeaders, nowMs: number): number | undefined {
  const { date } = headers
  const skewMs = typeof date === 'string' ? nowMs - httpDateMs(date) : Number.NaN
  return Number.isFinite(skewMs) ? skewMs : undefined
}

/** NaN for anything but an HTTP date. */
export function httpDateMs(text: string): number {
  // `Date.parse` accepts almost anything, even `-1`.
  return /^[A-Z][a-z]{2,8}[, ]/.test(text) ? Date.parse(text) : Number.NaN
}
