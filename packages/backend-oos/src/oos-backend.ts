import { OpenApiClient } from '@ack-secret-manager/alicloud-openapi'
import {
  type Clock,
  type CredentialProvider,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
} from '@ack-secret-manager/core'
import { oosErrors } from './internal/oos-errors.ts'
import { secretValueOf } from './internal/parameter-answer.ts'

/** What can be set for reading from OOS. */
export interface OosSettings {
  /** Who asks. It stays the caller's: closing the backend does not close it. */
  readonly provider: CredentialProvider
  /** CAs to trust, PEM, instead of the machine's. @default the machine's, and those of `NODE_EXTRA_CA_CERTS` */
  readonly ca?: string
  /** One read, its credential and its place in the queue included. @default 10_000 */
  readonly timeoutMs?: number
  /** Until a new connection is ready, TLS included. @default 3_000 */
  readonly connectTimeoutMs?: number
  /** Connections at once. @default 64 */
  readonly maxConnections?: number
  /** Reads at once, waiting ones included; further ones are refused as `Unavailable`. @default 2_000 */
  readonly maxPending?: number
  /** How long an idle connection is kept. OOS may ask for less. @default 15_000 */
  readonly keepAliveMs?: number
  /** Size of an answer. OOS's own limit of a value is 4,096 characters. @default 262_144 */
  readonly maxResponseBytes?: number
  /** @default systemClock */
  readonly clock?: Clock
}

/** Options of {@link oosBackend}. */
export interface OosOptions extends OosSettings {
  /** `HOST` or `HOST:PORT`, always HTTPS: `oos.cn-hangzhou.aliyuncs.com`, `oos-vpc.cn-hangzhou.aliyuncs.com`. */
  readonly endpoint: string
}

const VERSION = '2019-06-01'
const LIMITS = [
  'timeoutMs',
  'connectTimeoutMs',
  'maxConnections',
  'maxPending',
  'keepAliveMs',
  'maxResponseBytes',
] as const

/**
 * Reads encrypted parameters of Alibaba Cloud OOS (API 2019-06-01, GetSecretParameter). The name of a secret is that of the
 * parameter, its version id the number of the parameter's version.
 * @throws SecretSyncError `InvalidSpec` for a malformed endpoint or CA, RangeError for a limit that is no positive whole number
 */
export function oosBackend({ provider, ...options }: OosOptions): SecretBackend {
  for (const name of LIMITS) {
    const value = options[name] ?? 1
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${name}: expected a whole number ≥ 1, got ${value}`)
    }
  }
  return new OosBackend(provider, new OpenApiClient(options))
}

class OosBackend implements SecretBackend {
  readonly #provider: CredentialProvider
  readonly #client: OpenApiClient
  readonly #errors: ReturnType<typeof oosErrors>

  constructor(provider: CredentialProvider, client: OpenApiClient) {
    this.#provider = provider
    this.#client = client
    this.#errors = oosErrors(provider.identity.description)
  }

  async read(ref: SecretRef, { signal }: { signal: AbortSignal }): Promise<SecretValue> {
    const what = `OOS parameter ${JSON.stringify(ref.name)}`
    const version = versionOf(ref, what)
    const answer = await this.#client.call({
      action: 'GetSecretParameter',
      version: VERSION,
      as: this.#provider,
      params: { Name: ref.name, WithDecryption: true, ParameterVersion: version },
      what,
      errors: this.#errors,
      signal,
    })
    return secretValueOf(answer, {
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
 * Which version is asked for; undefined for the latest. What OOS cannot have is refused here and not answered with another
 * version's value, nor with `NotFound`: OOS has not said that.
 */
function versionOf({ versionId, versionStage }: SecretRef, what: string): string | undefined {
  if (versionId !== undefined) {
    if (/^[1-9]\d{0,9}$/.test(versionId)) return versionId
    const got = JSON.stringify(versionId.slice(0, 80))
    throw invalid(what, 'versionId', `expected the number of a version, such as 3, got ${got}`)
  }
  if (versionStage === undefined || versionStage === 'ACSCurrent') return undefined
  const got = JSON.stringify(versionStage.slice(0, 80))
  throw invalid(
    what,
    'versionStage',
    `OOS has no stages but the latest version (ACSCurrent), got ${got}; name a versionId`,
  )
}

function invalid(what: string, field: string, why: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `${what}: ${field}: ${why}`, { facts: { field } })
}
