/** Ways in which a store gets access to KMS. */
export const ACCESS_METHODS = ['access-key', 'assume-role', 'rrsa', 'worker-role', 'client-key'] as const

/** See {@link ACCESS_METHODS}. */
export type AccessMethod = (typeof ACCESS_METHODS)[number]
