import { type CredentialProvider, SecretSyncError } from '@ack-secret-manager/core'

/** An identity whose credential a command may give. */
interface Commanded {
  readonly identity?: CredentialProvider
  readonly command?: string
  close(): Promise<void>
}

interface RunCommandOptions {
  readonly flags: { readonly timeout: number }
  readonly signal: AbortSignal
  readonly runsCommand?: boolean
}

/** Callers have the same deadline, and their error does not name the command. */
const MARGIN = 0.95

/**
 * Runs the `process_command` of the profile, if the identity has one, within `--timeout`. Its credential is kept.
 * @throws SecretSyncError that names the profile and the command; the cloud is closed then
 */
export async function runCommand(
  cloud: Commanded,
  { flags, signal, runsCommand = true }: RunCommandOptions,
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
