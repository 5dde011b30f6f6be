import {
  bareSecretName,
  batchGetSecretValue,
  type ConnectionHints,
  type ErrorClassification,
  getSecretValue,
  kmsSecretValue,
  listSecretsPage,
  MAX_BATCH_SECRETS,
  OpenApiClient,
  type OpenApiClientOptions,
  withRequester,
} from '@ack-secret-manager/alicloud-openapi'
import {
  type AccessCheck,
  type BatchLimits,
  type CredentialProvider,
  type ListOptions,
  nameText,
  type ReadResult,
  type SecretBackend,
  type SecretPage,
  type SecretRef,
  type SecretValue,
  withDefaults,
} from '@ack-secret-manager/core'
import { accessOf } from './dry-run.ts'

/**
 * Options of {@link kmsEndpointBackend}. One call of the client is one read. KMS limits a value to 30,720 bytes. `maxResponseBytes` is
 * 4_194_304 by default, for a batch of 20 values.
 */
export interface KmsEndpointOptions extends Omit<
  OpenApiClientOptions,
  'allowPartialTrustChain' | 'rejectUnauthorized' | 'hints' | 'shareConnections'
> {
  /** The identity of reads. The caller owns it: closing the backend does not close it. */
  readonly provider: CredentialProvider
}

const HINTS: ConnectionHints = {
  untrusted: 'set NODE_EXTRA_CA_CERTS to the file of its CA before the process starts',
}

/**
 * Reads secret values from the shared endpoint of Alibaba Cloud KMS (API 2016-01-20, GetSecretValue). All types of secrets, text
 * and binary, by stage or version. Backends of one endpoint share their connections.
 * @throws SecretSyncError `InvalidSpec` for a malformed endpoint or CA, RangeError for a limit that is not a positive integer
 */
export function kmsEndpointBackend({ provider, ...options }: KmsEndpointOptions): SecretBackend {
  return new KmsEndpointBackend(
    provider,
    new OpenApiClient({
      ...withDefaults(options, { maxResponseBytes: MAX_RESPONSE_BYTES }),
      hints: HINTS,
      shareConnections: true,
    }),
  )
}

/** A secret may be in a batch once, at one version or stage. */
const BATCH: BatchLimits = { maxRefs: MAX_BATCH_SECRETS, keyOf: ({ name }) => bareSecretName(name) }

/**
 * 20 values of 30,720 control characters, each of which takes 6 bytes in JSON (`\u0001`), are 3,686,400 bytes, and 507,904 are left for the
 * other fields of 20 entries. 50 listed secrets with 20 tags of 512 characters each are less.
 */
const MAX_RESPONSE_BYTES = 4_194_304

class KmsEndpointBackend implements SecretBackend {
  readonly batch = BATCH
  readonly #provider: CredentialProvider
  readonly #client: OpenApiClient

  constructor(provider: CredentialProvider, client: OpenApiClient) {
    this.#provider = provider
    this.#client = client
  }

  async read(ref: SecretRef, { signal }: { signal: AbortSignal }): Promise<SecretValue> {
    const call = this.#callFor(ref, signal)
    return kmsSecretValue(await getSecretValue(this.#client, ref, call), ref.name, call.where)
  }

  readMany(
    refs: readonly SecretRef[],
    { signal }: { signal: AbortSignal },
  ): Promise<ReadonlyArray<ReadResult | undefined>> {
    return batchGetSecretValue(this.#client, refs, {
      as: this.#provider,
      where: (ref) => `${whatOf(ref)} at ${this.#client.endpoint}`,
      explain: (ref) => this.#explain(ref),
      signal,
    })
  }

  async checkAccess(ref: SecretRef, { signal }: { signal: AbortSignal }): Promise<AccessCheck> {
    try {
      // An endpoint without dry runs returns the value, which is dropped.
      await getSecretValue(this.#client, ref, { ...this.#callFor(ref, signal), dryRun: true })
      return { allowed: true }
    } catch (error) {
      const access = accessOf(error)
      if (access === undefined) throw error
      return access
    }
  }

  list(options: ListOptions): Promise<SecretPage> {
    return listSecretsPage(this.#client, this.#provider, options)
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  #callFor(ref: SecretRef, signal: AbortSignal): Parameters<typeof getSecretValue>[2] {
    const what = whatOf(ref)
    const where = `${what} at ${this.#client.endpoint}`
    return { as: this.#provider, what, where, explain: this.#explain(ref), signal }
  }

  #explain({ name }: SecretRef): (classification: ErrorClassification) => ErrorClassification {
    const resource = name.startsWith('acs:') ? name : `secret/${name}`
    return withRequester(this.#provider.identity.description, `call kms:GetSecretValue on ${nameText(resource)}`)
  }
}

function whatOf({ name }: SecretRef): string {
  return `KMS secret ${JSON.stringify(name)}`
}
