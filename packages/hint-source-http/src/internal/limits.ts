/** Deadline of reading the token. */
export const TOKEN_TIMEOUT_MS = 3_000
/** Size of an event, with room above the 64 KiB of EventBridge. */
export const MAX_BODY_BYTES = 131_072
/** Size of all headers of a request. */
export const MAX_HEADER_BYTES = 16_384
/** Length of one header that is signed. */
export const MAX_HEADER_LENGTH = 1_024
/** How far the time of a signature may be from the clock. EventBridge user guide, "Signature algorithm". */
export const MAX_SKEW_MS = 60_000
/** Connections that are younger than this, because a burst of requests is accepted before the first one is read. */
export const MAX_NEW = 1_024
export const GRACE_MS = 100
/** Connections that have not shown the token yet. */
export const MAX_STRANGERS = 64
/** Connections with the token whose body is received, or whose certificate is fetched. */
export const MAX_UNVERIFIED = 128
/** Verified requests that wait to be received. */
export const MAX_PENDING = 256
/** Time for the headers of a request, and for the whole of it. */
export const HEADERS_TIMEOUT_MS = 3_000
export const REQUEST_TIMEOUT_MS = 5_000
/** How long a request waits until its hint is taken over. */
export const HOLD_MS = 5_000
/** Lifetime of a connection: one request, its certificate, and its wait. */
export const CONNECTION_MS = 15_000
/** Signatures of the last two minutes, which cannot be used again. */
export const MAX_SEEN = 10_000
/** Messages of one receive. */
export const MAX_BATCH = 64
/** Size of a certificate. */
export const MAX_CERTIFICATE_BYTES = 16_384
/** Certificates whose key has verified an event, and as many others. */
export const MAX_CERTIFICATES = 8
/** Fetches of certificates that no event was verified with before. */
export const MAX_FETCHES_PER_MINUTE = 8
/** When a certificate is fetched again, and for how long its key is used if that fails. */
export const CERTIFICATE_MS = 3_600_000
export const MAX_KEY_AGE_MS = 24 * 3_600_000
/** Deadline of a fetch, and the pause after a failure, which doubles up to the second value. */
export const CERTIFICATE_TIMEOUT_MS = 3_000
export const CERTIFICATE_PAUSE_MS = 10_000
export const MAX_RENEWAL_PAUSE_MS = 600_000
/** Bits of the key of EventBridge. A larger one would take long to verify. */
export const KEY_BITS = { min: 2_048, max: 8_192 }
