// Has no import, because vitest loads the reporter before it resolves the sources of this workspace.

/** Key in a test's `meta` under which the contract reporter finds the cases of a subject. */
export const CONTRACT_META = 'ackSecretManagerContract'
