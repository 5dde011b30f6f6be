/** For an argument of a command that takes manifests. */
export const FILES_HINT = 'files and directories come after -f'
