import { runProgram } from '@ack-secret-manager/chart/programs/run-program'

/** Lets everybody read directories and all that is below them, whatever the umask they were made under. */
export async function makeReadable(...directories: readonly string[]): Promise<void> {
  await runProgram('chmod', ['-R', 'a+rX', ...directories])
}
