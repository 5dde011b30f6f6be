import { runProgram } from '@ack-secret-manager/chart/programs/run-program'

/** Makes directories and everything below them readable for all users, whatever the umask was. */
export async function makeReadable(...directories: readonly string[]): Promise<void> {
  await runProgram('chmod', ['-R', 'a+rX', ...directories])
}
