import { SecretSyncError } from '@ack-secret-manager/core'
import type { Cloud, CloudRequest } from './open-cloud.ts'

/** Callers have the same deadline, and their error does not name the command. */
const MARGIN = 0.95

/**
 * Runs the `process_command` of the profile, if the identity has one, within `--timeout`. Its credential is kept.
 * @throws SecretSyncError that names the profile and the command; the cloud is closed then
 */
export async function runCommand(
  cloud: Pick<Cloud, 'identity' | 'command' | 'close'>,
  { flags, signal, runsCommand = true }: Pick<CloudRequest, 'flags' | 'signal' | 'runsCommand'>,
): Promise<void> {
  const { identity, command } = cloud
  if (identity === undefined || command === undefined || !runsCommand) return
  const over = AbortSignal.timeout(Math.ceil(flags.timeout * MARGIN))
  try {
    await identity.credential({ signal: AbortSignal.any([signal, over]) })
  } catch (error) {
    await cloud.close()
    if (signal.aborted || !over.aborted) throw error
    throw new SecretSyncError(
      'Timeout',
      `${identity.identity.description}: its process_command (${command}) has not ended within ${flags.timeout / 1_000} s; increase --timeout`,
    )
  }
}
