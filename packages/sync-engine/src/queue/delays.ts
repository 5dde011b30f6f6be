/** How often a resource of a terminating namespace is rechecked. */
export const TERMINATING_RECHECK_MS = 300_000

/** Approximate retry delay while the renderer is busy, or while another client may create the target first. */
export const RETRY_MS = 1_000

/** How long another process has to release the targets of its deleted resource. */
export const ORPHAN_GRACE_MS = 10_000

/** How long a new resource waits for a missing store before it is reported. */
export const STORE_GRACE_MS = 2_000
