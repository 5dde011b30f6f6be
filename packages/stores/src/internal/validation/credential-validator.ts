import {
  type CredentialProvider,
  isOutage,
  isSecretSyncError,
  SecretSyncError,
  withDeadline,
} from '@ack-secret-manager/core'
import { ramAuthOf, storeLabel, type StoreResource } from '../../store-references.ts'
import type { CallerIdentities } from './caller-identities.ts'
import { reachInstance } from './probe-instance.ts'
import type { StoreAccess } from '../clients/store-client.ts'

/** How long a store waits for its first credential. */
const TIMEOUT_MS = 10_000

/** What is in the way of reading through a store, and whether it may pass by itself. */
export interface Doubt {
  readonly error: SecretSyncError
  /** Whoever reads through the store finds out when it is over. */
  readonly mayPass: boolean
}

/** Options of {@link Prover}. */
export interface ProverOptions {
  /** Absent: nobody asks STS whether credentials are good. */
  readonly callers: CallerIdentities | undefined
  /** Backends of the caller's own may reach instances in ways of their own. */
  readonly reachesInstances: boolean
}

/** Sees whether one can read through a store, as far as that can be seen without reading. */
export class Prover {
  readonly #options: ProverOptions

  constructor(options: ProverOptions) {
    this.#options = options
  }

  /** @throws SecretSyncError `Cancelled` when the signal aborts */
  async doubt(access: StoreAccess, { metadata, spec }: StoreResource, signal: AbortSignal): Promise<Doubt | undefined> {
    const { callers, reachesInstances } = this.#options
    const { ramProvider: provider, instance, refusal } = access
    const label = storeLabel(metadata.namespace, metadata.name)
    const dedicated = spec.KMS?.dedicatedKMSAuth
    const place = dedicated === undefined ? 'spec.KMS.endpoint' : 'spec.KMS.dedicatedKMSAuth'
    const auth = ramAuthOf(spec)?.field ?? (dedicated === undefined ? 'spec' : `${place}.clientKeyContent`)
    if (provider !== undefined) {
      // What STS said of it before it was refused says nothing any more.
      if (refusal !== undefined) callers?.doubt(provider, refusal)
      const doubt = await doubtOf(() => prove(provider, callers, signal), { label, field: auth, signal })
      if (doubt !== undefined) return doubt
    }
    if (instance !== undefined && reachesInstances) {
      const doubt = await doubtOf(() => reachInstance(instance, signal), { label, field: place, signal })
      if (doubt !== undefined) return doubt
    }
    return refusal && { error: told(refusal, label, auth), mayPass: true }
  }
}

async function prove(
  provider: CredentialProvider,
  callers: CallerIdentities | undefined,
  signal: AbortSignal,
): Promise<void> {
  await withDeadline((deadline) => provider.credential({ signal: deadline }), {
    timeoutMs: TIMEOUT_MS,
    what: `credentials of ${provider.identity.description}`,
    signal,
  })
  await callers?.ask(provider, signal)
}

/** Whose doubt it is, for the error. */
interface Doubted {
  /** `SecretStore prod/kms` */
  readonly label: string
  /** What is in doubt: `spec.KMS.KMSAuth`. */
  readonly field: string
  readonly signal: AbortSignal
}

/** Runs a proof; undefined when it succeeds. */
async function doubtOf(work: () => Promise<void>, { label, field, signal }: Doubted): Promise<Doubt | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (!isSecretSyncError(error) || signal.aborted) throw error
    return { error: told(error, label, field), mayPass: isOutage(error.code) }
  }
}

function told({ code, message, facts }: SecretSyncError, label: string, field: string): SecretSyncError {
  return new SecretSyncError(code, `${label}: ${field}: ${message}`, { facts: { ...facts, field } })
}
