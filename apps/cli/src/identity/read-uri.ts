import {
  type Clock,
  type CredentialProvider,
  defined,
  isSecretSyncError,
  SecretSyncError,
} from '@ack-secret-manager/core'
import { retryUntil } from '../retry-until.ts'
import type { RunCommandOptions } from './run-command.ts'

/** An identity whose credential a credentials URI may give. */
interface FromUri {
  readonly identity?: CredentialProvider
  readonly isFromUri?: boolean
  close(): Promise<void>
}

interface ReadUriOptions extends RunCommandOptions {
  /** @default systemClock */
  readonly clock?: Clock
}

/** Between two attempts. The provider does not ask again before (its backoff: at most 1 s, then 2 s). */
const PAUSES_MS = [1_000, 2_000]

/**
 * Reads the first credential of a credentials URI before anything else, so that its failure is not one of KMS. The service behind it is
 * one of this machine, so a few attempts tell whether it works. The credential is kept.
 * @throws SecretSyncError that names the URI; the cloud is closed then
 */
export async function readUri(cloud: FromUri, options: ReadUriOptions): Promise<void> {
  const { identity, isFromUri = false } = cloud
  if (identity === undefined || !isFromUri) return
  const { flags, signal, onCommand, clock } = options
  const what = identity.identity.description
  onCommand?.(new SecretSyncError('Timeout', `${what}: no response within ${flags.timeout / 1_000} s`))
  let attempts = 0
  const read = (within: AbortSignal): Promise<unknown> => {
    attempts += 1
    return identity.credential({ signal: within })
  }
  try {
    await retryUntil(read, {
      timeoutMs: flags.timeout,
      what,
      signal,
      onRetry: (error) => onCommand?.(error),
      pausesMs: PAUSES_MS,
      ...defined({ clock }),
    })
    onCommand?.(undefined)
  } catch (error) {
    await cloud.close()
    if (!isSecretSyncError(error) || attempts <= PAUSES_MS.length) throw error
    const { code, message, facts } = error
    const advice = `${attempts} attempts failed: check the service at this address`
    throw new SecretSyncError(code, `${message}; ${advice}`, { facts, cause: error })
  }
}
