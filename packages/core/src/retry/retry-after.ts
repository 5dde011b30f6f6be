const MAX_RETRY_AFTER_MS = 3_600_000

/** The pause that the secret manager requests, as `Retry-After` of a 429: at most an hour, and none for NaN. */
export function limitedRetryAfterMs(retryAfterMs = 0): number {
  return Math.min(MAX_RETRY_AFTER_MS, retryAfterMs || 0)
}
