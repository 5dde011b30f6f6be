import { type CredentialProvider, SecretSyncError, systemClock } from '@ack-secret-manager/core'

/** An identity whose credential a command may give. */
interface Commanded {
  readonly identity?: CredentialProvider
  readonly command?: string
  close(): Promise<void>
}

export interface RunCommandOptions {
  readonly flags: { readonly timeout: number }
  readonly signal: AbortSignal
  readonly onCommand?: OnCommand
}

/**
 * Called with the error of a deadline that passes while the command runs or the credentials URI is read, and with undefined once that
 * has ended. A caller with a deadline of its own throws this error, because its own does not name what it waits for.
 */
export type OnCommand = (timeout: SecretSyncError | undefined) => void

/**
 * Runs the `process_command` of the profile, if the identity has one, within `--timeout`. Its credential is kept.
 * @throws SecretSyncError that names the profile and the command; the cloud is closed then
 */
export async function runCommand(cloud: Commanded, { flags, signal, onCommand }: RunCommandOptions): Promise<void> {
  const { identity, command } = cloud
  if (identity === undefined || command === undefined) return
  const timeout = new SecretSyncError(
    'Timeout',
    `${identity.identity.description}: its process_command (${command}) has not ended within ${flags.timeout / 1_000} s; increase --timeout`,
  )
  onCommand?.(timeout)
  const deadline = new AbortController()
  const timer = systemClock.setTimeout(() => deadline.abort(timeout), flags.timeout)
  try {
    await identity.credential({ signal: AbortSignal.any([signal, deadline.signal]) })
    onCommand?.(undefined)
  } catch (error) {
    if (!deadline.signal.aborted && !signal.aborted) onCommand?.(undefined)
    await cloud.close()
    throw !signal.aborted && deadline.signal.aborted ? timeout : error
  } finally {
    timer.cancel()
  }
}
