import {
  type ConnectionHints,
  HttpsConnection,
  kmsSecretValue,
  OpenApiClient,
  type OpenApiClientOptions,
  withRequester,
} from '@ack-secret-manager/alicloud-openapi'
import {
  type BackendIdentity,
  checkLimits,
  type Clock,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
  systemClock,
  withDeadline,
} from '@ack-secret-manager/core'
import { parseInstanceEndpoint } from './instance-endpoint.ts'
import { clientKeyReader } from './internal/client-key-reader.ts'
import { ramReader } from './internal/ram-reader.ts'
import type { SecretReader } from './internal/secret-reader.ts'

/** Settings of reads from an instance with either identity; one call of the client is one read. KMS limits a value to 30,720 bytes. */
export interface KmsInstanceSettings extends Omit<
  OpenApiClientOptions,
  'endpoint' | 'ca' | 'allowPartialTrustChain' | 'rejectUnauthorized' | 'hints'
> {
  /** Id of the instance (`kst-…`), or the whole `HOST` or `HOST:PORT`. Always HTTPS. */
  readonly endpoint: string
  /** Accepts any certificate, so an attacker on the network path can read every secret. @default false */
  readonly ignoreSSL?: boolean
}

export type KmsInstanceOptions = BackendIdentity &
  KmsInstanceSettings & {
    /** The CA of the instance, intermediate or root: PEM, or base64 of PEM. No other CA is trusted. */
    readonly ca: string
  }

const HINTS: ConnectionHints = {
  untrusted: 'set ca to the CA of the instance',
  unresolved: 'check the instance id; the name exists only in the VPCs the instance is bound to',
  unreachable: 'an instance is reached from the VPCs it is bound to',
}

/**
 * Reads secret values from the endpoint of one KMS instance: with a client key through the gateway protocol, or with a RAM
 * identity through the ordinary API. All types of secrets, text and binary, by stage or version.
 * @throws SecretSyncError `InvalidSpec` for a malformed endpoint or CA, RangeError for a limit that is not a positive integer
 */
export function kmsInstanceBackend(options: KmsInstanceOptions): SecretBackend {
  const { timeoutMs = 10_000, maxPending = 2_000, clock = systemClock } = options
  checkLimits({ timeoutMs, maxPending })
  const settings = { endpoint: parseInstanceEndpoint(options.endpoint), timeoutMs, maxPending, clock }
  return new KmsInstanceBackend(readerFor(options, settings), settings)
}

function readerFor(options: KmsInstanceOptions, settings: ReadSettings): SecretReader {
  const { clientKey, provider, ignoreSSL = false, ...rest } = options
  // The CAs of instances are intermediate certificates, published without their root.
  const trust = { allowPartialTrustChain: true, rejectUnauthorized: !ignoreSSL, hints: HINTS }
  const connection = { ...rest, ...settings, ...trust }
  const explain = withRequester(
    (options.clientKey ?? options.provider).identity.description,
    'call kms:GetSecretValue on this secret',
  )
  if (provider !== undefined) return ramReader(provider, new OpenApiClient(connection), explain)
  return clientKeyReader(clientKey, { connection: new HttpsConnection(connection), explain, clock: settings.clock })
}

interface ReadSettings {
  readonly endpoint: string
  readonly timeoutMs: number
  readonly maxPending: number
  readonly clock: Clock
}

class KmsInstanceBackend implements SecretBackend {
  readonly #reader: SecretReader
  readonly #settings: ReadSettings
  #pending = 0
  #closed = false

  constructor(reader: SecretReader, settings: ReadSettings) {
    this.#reader = reader
    this.#settings = settings
  }

  async read(ref: SecretRef, { signal }: { signal: AbortSignal }): Promise<SecretValue> {
    const { endpoint, timeoutMs, maxPending, clock } = this.#settings
    const what = `KMS secret ${JSON.stringify(ref.name)}`
    const where = `${what} at ${endpoint}`
    if (this.#closed) throw new SecretSyncError('Cancelled', `${where}: the backend is closed`)
    if (this.#pending >= maxPending) {
      throw new SecretSyncError('Unavailable', `${where}: ${maxPending} reads are already pending`)
    }
    this.#pending += 1
    try {
      const request = (deadline: AbortSignal) => this.#reader.request(ref, { what, where, signal: deadline })
      const response = await withDeadline(request, { timeoutMs, what: where, signal, clock })
      return kmsSecretValue(response, ref.name, where)
    } finally {
      this.#pending -= 1
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#reader.close()
  }
}
