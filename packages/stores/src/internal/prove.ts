import {
  type CredentialProvider,
  isOutage,
  isSecretSyncError,
  SecretSyncError,
  withDeadline,
} from '@ack-secret-manager/core'

/** How long a store waits for its first credential. */
const TIMEOUT_MS = 10_000

/** What is in the way of reading through a store, and whether it may pass by itself. */
export interface Doubt {
  readonly error: SecretSyncError
  /** Nobody has refused: whoever reads through the store finds out when it is over. */
  readonly mayPass: boolean
}

/** Whose doubts they are, for the error. */
export interface Doubted {
  /** `SecretStore prod/kms` */
  readonly label: string
  /** What is in doubt: `spec.KMS.KMSAuth`. */
  readonly field: string
  readonly signal: AbortSignal
}

/** Asks a provider for a credential. @throws SecretSyncError */
export async function proveCredential(provider: CredentialProvider, signal: AbortSignal): Promise<void> {
  await withDeadline((deadline) => provider.credential({ signal: deadline }), {
    timeoutMs: TIMEOUT_MS,
    what: `credentials of ${provider.identity.description}`,
    signal,
  })
}

/**
 * Runs a proof; undefined when it succeeds.
 * @throws SecretSyncError `Cancelled` when the signal aborts
 */
export async function doubtOf(
  prove: (signal: AbortSignal) => Promise<void>,
  { label, field, signal }: Doubted,
): Promise<Doubt | undefined> {
  try {
    await prove(signal)
    return undefined
  } catch (error) {
    if (!isSecretSyncError(error) || signal.aborted) throw error
    const { code, message, facts } = error
    const told = new SecretSyncError(code, `${label}: ${field}: ${message}`, { facts: { ...facts, field } })
    return { error: told, mayPass: isOutage(code) }
  }
}
