/** Size of an event, with room above the 64 KiB of EventBridge. */
export const MAX_BODY_BYTES = 131_072
/** Size of all headers of a request. */
export const MAX_HEADER_BYTES = 16_384
/** Length of one header that is signed. */
export const MAX_HEADER_LENGTH = 1_024
/** How far the time of a signature may be from the clock. EventBridge user guide, "Signature algorithm". */
export const MAX_SKEW_MS = 60_000
/** Connections that have not shown the token yet. A further one closes the oldest. */
export const MAX_UNVERIFIED = 64
/** Requests with the token that are verified, or wait to be received. */
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
/** Certificates that are kept, and for how long. */
export const MAX_CERTIFICATES = 8
export const CERTIFICATE_MS = 3_600_000
/** Deadline to fetch one, and the pause after a failure. */
export const CERTIFICATE_TIMEOUT_MS = 3_000
export const CERTIFICATE_PAUSE_MS = 10_000
/** Bits of the key of EventBridge. A larger one would take long to verify. */
export const KEY_BITS = { min: 2_048, max: 8_192 }
