import { constants } from 'node:os'
import { onReaderGone } from '@ack-secret-manager/command-line'

/**
 * Exits silently with the exit code of SIGPIPE when the reader of the output has closed it (`| head`).
 * @param end ends the process. @default exits at once
 */
export function exitOnClosedPipe(end: (exitCode: number) => void = (exitCode) => process.exit(exitCode)): void {
  onReaderGone(process.stdout, () => end(128 + constants.signals.SIGPIPE))
}
