import { constants } from 'node:os'

/**
 * Ends this process when whoever reads what it prints has left (`| head`), with the exit code of SIGPIPE and without a word: there is
 * nobody to work for.
 * @param end how it ends. @default at once
 */
export function endWithReader(end: (exitCode: number) => void = (exitCode) => process.exit(exitCode)): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    end(128 + constants.signals.SIGPIPE)
  })
}
