import { OpenApiClient } from '@ack-secret-manager/alicloud-openapi'
import {
  type Clock,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
  systemClock,
  withDeadline,
} from '@ack-secret-manager/core'
import { parseInstanceEndpoint } from './instance-endpoint.ts'
import type { InstanceIdentity } from './instance-identity.ts'
import { clientKeyReader, type SecretReader } from './internal/client-key-reader.ts'
import { GatewayHttp } from './internal/gateway-http.ts'
import { ramReader } from './internal/ram-reader.ts'
import { secretValueOf } from './internal/secret-answer.ts'
import { parseCa } from './trusted-ca.ts'

/** What can be set for reading from an instance, whoever asks. */
export interface KmsInstanceSettings {
  /** Id of the instance (`kst-…`), or the whole `HOST` or `HOST:PORT`. Always HTTPS. */
  readonly endpoint: string
  /** Takes any certificate, and anybody in between. Only for whoever asks for it by name. @default false */
  readonly ignoreSSL?: boolean
  /** One read, its credential and its place in the queue included. @default 10_000 */
  readonly timeoutMs?: number
  /** Until a new connection is ready, TLS included. @default 3_000 */
  readonly connectTimeoutMs?: number
  /** Connections at once. @default 64 */
  readonly maxConnections?: number
  /** Reads at once, waiting ones included; further ones are refused as `Unavailable`. @default 2_000 */
  readonly maxPending?: number
  /** How long an idle connection is kept. The gateway may ask for less. @default 15_000 */
  readonly keepAliveMs?: number
  /** Size of an answer. KMS's own limit of a value is 30,720 bytes. @default 262_144 */
  readonly maxResponseBytes?: number
  /** @default systemClock */
  readonly clock?: Clock
}

/** Options of {@link kmsInstanceBackend}. */
export type KmsInstanceOptions = InstanceIdentity &
  KmsInstanceSettings & {
    /** The CA of the instance, intermediate or root: PEM, or base64 of PEM. Only this is trusted. */
    readonly ca: string
  }

const LIMITS = {
  timeoutMs: 10_000,
  connectTimeoutMs: 3_000,
  maxConnections: 64,
  maxPending: 2_000,
  keepAliveMs: 15_000,
  maxResponseBytes: 262_144,
} as const

type Limits = { readonly [Name in keyof typeof LIMITS]: number }

/**
 * Reads secret values from the endpoint of one KMS instance: with a client key by the gateway's own protocol, or with a RAM
 * identity by the ordinary API. All types of secrets, text and binary, by stage or version.
 * @throws SecretSyncError `InvalidSpec` for a malformed endpoint or CA, RangeError for a limit that is no positive whole number
 */
export function kmsInstanceBackend(options: KmsInstanceOptions): SecretBackend {
  const endpoint = parseInstanceEndpoint(options.endpoint)
  const limits = limitsOf(options)
  const { clock = systemClock } = options
  return new KmsInstanceBackend(readerFor(options, { ...limits, endpoint, clock }), { ...limits, endpoint, clock })
}

function limitsOf(options: KmsInstanceSettings): Limits {
  const limits: { -readonly [Name in keyof Limits]: Limits[Name] } = { ...LIMITS }
  for (const name of Object.keys(LIMITS) as (keyof Limits)[]) {
    const value = options[name] ?? LIMITS[name]
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${name}: expected a whole number ≥ 1, got ${value}`)
    }
    limits[name] = value
  }
  return limits
}

function readerFor(options: KmsInstanceOptions, settings: Limits & { endpoint: string; clock: Clock }): SecretReader {
  const { endpoint, connectTimeoutMs, maxConnections, keepAliveMs, maxResponseBytes } = settings
  const connection = { endpoint, connectTimeoutMs, maxConnections, keepAliveMs, maxResponseBytes }
  const rejectUnauthorized = options.ignoreSSL !== true
  const ca = parseCa(options.ca)
  if (options.clientKey !== undefined) {
    return clientKeyReader(
      options.clientKey,
      new GatewayHttp({ ...connection, ca, rejectUnauthorized }),
      settings.clock,
    )
  }
  const { timeoutMs, maxPending, clock } = settings
  const trust = { ca: ca.join('\n'), allowPartialTrustChain: true, rejectUnauthorized }
  return ramReader(options.provider, new OpenApiClient({ ...connection, ...trust, timeoutMs, maxPending, clock }))
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
      throw new SecretSyncError('Unavailable', `${where}: ${maxPending} reads are under way already`)
    }
    this.#pending += 1
    try {
      const ask = (deadline: AbortSignal) => this.#reader.ask(ref, { what, where, signal: deadline })
      const answer = await withDeadline(ask, { timeoutMs, what: where, signal, clock })
      return secretValueOf(answer, ref.name, where)
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
