/** Deadline of everything. A user waits at the prompt. */
export const DEADLINE_MS = 3_000
/** Deadline of the requests to a cluster or to KMS, after the program is loaded. */
export const REQUESTS_DEADLINE_MS = 1_000
