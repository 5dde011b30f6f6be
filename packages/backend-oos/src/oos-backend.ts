import { OpenApiClient, type OpenApiClientOptions } from '@ack-secret-manager/alicloud-openapi'
import {
  type CredentialProvider,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
} from '@ack-secret-manager/core'
import { OOS_ERRORS, oosWithRequester } from './internal/oos-errors.ts'
import { secretValueOf } from './internal/parameter-response.ts'

/** Settings of reads from OOS; one call of the client is one read. OOS limits a value to 4,096 characters. */
export interface OosSettings extends Omit<
  OpenApiClientOptions,
  'endpoint' | 'allowPartialTrustChain' | 'rejectUnauthorized' | 'hints'
> {
  /** The identity of reads. The caller owns it: closing the backend does not close it. */
  readonly provider: CredentialProvider
}

export interface OosOptions extends OosSettings {
  /** `HOST` or `HOST:PORT`, always HTTPS: `oos.cn-hangzhou.aliyuncs.com`, `oos-vpc.cn-hangzhou.aliyuncs.com`. */
  readonly endpoint: string
}

const VERSION = '2019-06-01'

/**
 * Reads encrypted parameters of Alibaba Cloud OOS (API 2019-06-01, GetSecretParameter). The name of a secret is that of the
 * parameter, its version id the number of the parameter's version.
 * @throws SecretSyncError `InvalidSpec` for a malformed endpoint or CA, RangeError for a limit that is not a positive integer
 */
export function oosBackend({ provider, ...options }: OosOptions): SecretBackend {
  return new OosBackend(provider, new OpenApiClient(options))
}

class OosBackend implements SecretBackend {
  readonly #provider: CredentialProvider
  readonly #client: OpenApiClient
  readonly #explain: ReturnType<typeof oosWithRequester>

  constructor(provider: CredentialProvider, client: OpenApiClient) {
    this.#provider = provider
    this.#client = client
    this.#explain = oosWithRequester(provider.identity.description)
  }

  async read(ref: SecretRef, { signal }: { signal: AbortSignal }): Promise<SecretValue> {
    const what = `OOS parameter ${JSON.stringify(ref.name)}`
    const version = versionOf(ref, what)
    const response = await this.#client.call({
      action: 'GetSecretParameter',
      version: VERSION,
      as: this.#provider,
      retryRefused: true,
      params: { Name: ref.name, WithDecryption: true, ParameterVersion: version },
      what,
      errors: OOS_ERRORS,
      explain: this.#explain,
      signal,
    })
    return secretValueOf(response, {
      name: ref.name,
      version,
      what: `${what} at ${this.#client.endpoint}`,
      identity: this.#provider.identity.description,
    })
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

/**
 * The requested version; undefined for the latest. Rejects versions that OOS cannot have, instead of reading another version or
 * reporting a `NotFound` that OOS has not confirmed.
 */
function versionOf({ versionId, versionStage }: SecretRef, what: string): string | undefined {
  if (versionId !== undefined) {
    if (/^[1-9]\d{0,9}$/.test(versionId)) return versionId
    const got = JSON.stringify(versionId.slice(0, 80))
    throw invalidSpec(what, 'versionId', `expected the number of a version, such as 3, got ${got}`)
  }
  if (versionStage === undefined || versionStage === 'ACSCurrent') return undefined
  const got = JSON.stringify(versionStage.slice(0, 80))
  throw invalidSpec(
    what,
    'versionStage',
    `OOS has no stages but the latest version (ACSCurrent), got ${got}; name a versionId`,
  )
}

function invalidSpec(what: string, field: string, why: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `${what}: ${field}: ${why}`, { facts: { field } })
}
