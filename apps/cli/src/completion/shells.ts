/** Shells that have a completion script. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const

/** See {@link SHELLS}. */
export type Shell = (typeof SHELLS)[number]
