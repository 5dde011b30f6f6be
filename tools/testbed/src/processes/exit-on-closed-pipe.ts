import { constants } from 'node:os'
import { onReaderGone } from '@ack-secret-manager/core'

/**
 * Ends this process when whoever reads what it prints has left (`| head`), with the exit code of SIGPIPE and without a word: there is
 * nobody to work for.
 * @param end how it ends. @default at once
 */
export function exitOnClosedPipe(end: (exitCode: number) => void = (exitCode) => process.exit(exitCode)): void {
  onReaderGone(process.stdout, () => end(128 + constants.signals.SIGPIPE))
}
