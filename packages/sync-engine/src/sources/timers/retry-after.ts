/** Upper bound for `Retry-After`. */
export const MAX_RETRY_AFTER_MS = 3_600_000
