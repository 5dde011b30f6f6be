import {
  type CredentialProvider,
  isOutage,
  isSecretSyncError,
  SecretSyncError,
  withDeadline,
} from '@ack-secret-manager/core'
import { storeServiceOf } from '@ack-secret-manager/resources'
import { storeLabel, type StoreResource } from '../../store-references.ts'
import type { CallerIdentities } from './caller-identities.ts'
import type { StoreClient } from '../clients/store-client.ts'

/** Deadline of the first credential of a store. */
const TIMEOUT_MS = 10_000

/** Why reads through a store are not possible. */
export interface ValidationFailure {
  readonly error: SecretSyncError
  /** The failure may end without a change of the store, so reads through the store continue. */
  readonly isTransient: boolean
}

export interface CredentialValidatorOptions {
  /** Absent: identities are not verified with STS. */
  readonly callers: CallerIdentities | undefined
}

/** Validates a store without reading a secret: its credential, its identity, the TLS handshake of an instance. */
export class CredentialValidator {
  readonly #options: CredentialValidatorOptions

  constructor(options: CredentialValidatorOptions) {
    this.#options = options
  }

  /** @throws SecretSyncError `Cancelled` when the signal aborts */
  async validate(
    client: StoreClient,
    { metadata, spec }: StoreResource,
    signal: AbortSignal,
  ): Promise<ValidationFailure | undefined> {
    const { callers } = this.#options
    const { ramProvider: provider, refusal } = client
    const label = storeLabel(metadata.namespace, metadata.name)
    const { endpointField, authField } = fieldsOf(spec)
    if (provider !== undefined) {
      // A refusal is newer than the cached identity, so the identity is verified again.
      if (refusal !== undefined) callers?.recheck(provider, refusal)
      const failure = await validationFailureOf(() => verify(provider, callers, signal), {
        label,
        field: authField,
        signal,
      })
      if (failure !== undefined) return failure
    }
    const failure = await validationFailureOf(() => client.probe(signal), { label, field: endpointField, signal })
    if (failure !== undefined) return failure
    return refusal && { error: withStoreContext(refusal, label, authField), isTransient: true }
  }
}

/** Fields to name in errors. */
function fieldsOf(spec: StoreResource['spec']): { readonly endpointField: string; readonly authField: string } {
  const service = storeServiceOf(spec)
  if (service.kind === 'package') return { endpointField: service.field, authField: 'spec' }
  const { field, driver, access } = service
  return {
    endpointField: driver === undefined ? `${field}.endpoint` : field,
    authField: access.kind === 'ram' ? access.field : `${access.field}.clientKeyContent`,
  }
}

async function verify(
  provider: CredentialProvider,
  callers: CallerIdentities | undefined,
  signal: AbortSignal,
): Promise<void> {
  await withDeadline((deadline) => provider.credential({ signal: deadline }), {
    timeoutMs: TIMEOUT_MS,
    what: `credentials of ${provider.identity.description}`,
    signal,
  })
  await callers?.verify(provider, signal)
}

/** The store and field to name in the error. */
interface CheckContext {
  /** `SecretStore prod/kms` */
  readonly label: string
  /** The checked field: `spec.KMS.KMSAuth`. */
  readonly field: string
  readonly signal: AbortSignal
}

/** Runs a check; undefined when it succeeds. */
async function validationFailureOf(
  check: () => Promise<void>,
  { label, field, signal }: CheckContext,
): Promise<ValidationFailure | undefined> {
  try {
    await check()
    return undefined
  } catch (error) {
    if (!isSecretSyncError(error) || signal.aborted) throw error
    return { error: withStoreContext(error, label, field), isTransient: isOutage(error.code) }
  }
}

function withStoreContext({ code, message, facts }: SecretSyncError, label: string, field: string): SecretSyncError {
  return new SecretSyncError(code, `${label}: ${field}: ${message}`, { facts: { ...facts, field } })
}
