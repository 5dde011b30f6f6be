import { parseKmsSecretResponse, kmsSecretValue, parseEndpoint } from '@ack-secret-manager/alicloud-openapi'
import {
  type AccessCheck,
  checkLimits,
  type Clock,
  type Credential,
  type CredentialProvider,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
  systemClock,
  withDeadline,
} from '@ack-secret-manager/core'
import { accessOf } from './internal/dry-run.ts'
import { shareSockets } from './internal/endpoint-sockets.ts'
import { HttpExchange } from './internal/http-exchange.ts'
import { type ReadContext, readFailure, stoppedError } from './internal/read-failure.ts'
import { type SdkCall, sdkClient } from './internal/sdk-client.ts'

/** Options of {@link kmsEndpointBackend}. */
export interface KmsEndpointOptions {
  /** `HOST` or `HOST:PORT`, always HTTPS: `kms.cn-hangzhou.aliyuncs.com`, `kms-vpc.cn-hangzhou.aliyuncs.com`. */
  readonly endpoint: string
  /** The identity of reads. The caller owns it: closing the backend does not close it. */
  readonly provider: CredentialProvider
  /** Deadline of one read, including its credential. @default 10_000 */
  readonly timeoutMs?: number
  /** Deadline of a new connection, TLS included. @default 3_000 */
  readonly connectTimeoutMs?: number
  /** Longest wait for a free socket. @default 60_000 */
  readonly queueTimeoutMs?: number
  /** Maximum number of sockets to the endpoint. Backends of the process with the same endpoint and number share them. @default 64 */
  readonly maxSockets?: number
  /** Maximum size of a response, in bytes; KMS limits a value to 30,720 bytes. @default 262_144 */
  readonly maxResponseBytes?: number
  /** @default systemClock */
  readonly clock?: Clock
}

type Settings = Required<KmsEndpointOptions>

const DEFAULTS = {
  timeoutMs: 10_000,
  connectTimeoutMs: 3_000,
  queueTimeoutMs: 60_000,
  maxSockets: 64,
  maxResponseBytes: 262_144,
  clock: systemClock,
} satisfies Partial<KmsEndpointOptions>

/**
 * Reads secret values from the shared endpoint of Alibaba Cloud KMS (API 2016-01-20, GetSecretValue) through the official
 * SDK `@alicloud/kms20160120`. All types of secrets, text and binary, by stage or version.
 * @throws SecretSyncError `InvalidSpec` for a malformed endpoint, RangeError for a limit that is not a positive integer
 */
export function kmsEndpointBackend(options: KmsEndpointOptions): SecretBackend {
  const settings = { ...DEFAULTS, ...options, endpoint: parseEndpoint(options.endpoint) }
  const { timeoutMs, connectTimeoutMs, queueTimeoutMs, maxSockets, maxResponseBytes } = settings
  checkLimits({ timeoutMs, connectTimeoutMs, queueTimeoutMs, maxSockets, maxResponseBytes })
  return new KmsEndpointBackend(settings)
}

class KmsEndpointBackend implements SecretBackend {
  readonly #settings: Settings
  readonly #sockets: ReturnType<typeof shareSockets>
  readonly #pending = new Set<AbortController>()
  #client: { readonly credential: Credential; readonly call: SdkCall } | undefined
  #closed = false

  constructor(settings: Settings) {
    this.#settings = settings
    this.#sockets = shareSockets(settings.endpoint, settings.maxSockets)
  }

  async read(ref: SecretRef, { signal }: { signal: AbortSignal }): Promise<SecretValue> {
    const what = this.#nameOf(ref)
    const response = await this.#request(ref, queryOf(ref), signal)
    return kmsSecretValue(parseKmsSecretResponse(response, what), ref.name, what)
  }

  async checkAccess(ref: SecretRef, { signal }: { signal: AbortSignal }): Promise<AccessCheck> {
    try {
      // An endpoint without dry runs returns the value, which is dropped.
      await this.#request(ref, { ...queryOf(ref), DryRun: 'true' }, signal)
      return { allowed: true }
    } catch (error) {
      const access = accessOf(error)
      if (access === undefined) throw error
      return access
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#client = undefined
    for (const stop of this.#pending) stop.abort()
    this.#sockets.release()
  }

  /** One query of GetSecretValue and its response. */
  async #request(ref: SecretRef, query: Query, signal: AbortSignal): Promise<Record<string, unknown>> {
    if (this.#closed) throw new SecretSyncError('Cancelled', `${this.#nameOf(ref)}: the backend is closed`)
    const stop = new AbortController()
    const onAbort = (): void => stop.abort()
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    this.#pending.add(stop)
    try {
      return await this.#queued(ref, query, stop.signal)
    } finally {
      this.#pending.delete(stop)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** The deadline of the read starts when it gets a socket, so that a long queue does not look like a slow KMS. */
  #queued(ref: SecretRef, query: Query, signal: AbortSignal): Promise<Record<string, unknown>> {
    const { clock, timeoutMs, queueTimeoutMs } = this.#settings
    const what = this.#nameOf(ref)
    return withDeadline(
      (waiting) =>
        this.#sockets.slots.run(() =>
          withDeadline((reading) => this.#call(ref, query, reading), { timeoutMs, what, signal: waiting, clock }),
        ),
      { timeoutMs: queueTimeoutMs + timeoutMs, what: `${what}: waiting for a free socket`, signal, clock },
    )
  }

  /** Retries once with a new credential if the first is rejected, because its session may have been revoked. */
  async #call(ref: SecretRef, query: Query, signal: AbortSignal): Promise<Record<string, unknown>> {
    const { provider } = this.#settings
    const credential = await provider.credential({ signal })
    const first = await this.#callAs(credential, ref, query, signal)
    if ('response' in first) return first.response
    const newer = await provider.credential({ signal })
    if (newer.accessKeyId === credential.accessKeyId) throw first.refusal
    const second = await this.#callAs(newer, ref, query, signal)
    if ('response' in second) return second.response
    throw second.refusal
  }

  async #callAs(credential: Credential, ref: SecretRef, query: Query, signal: AbortSignal): Promise<CallResult> {
    const { provider, clock, connectTimeoutMs, maxResponseBytes } = this.#settings
    const exchange = new HttpExchange({ signal, clock, connectTimeoutMs, maxResponseBytes, open: this.#sockets.open })
    const context: ReadContext = {
      what: this.#nameOf(ref),
      secretName: ref.name,
      identity: provider.identity.description,
      nowMs: clock.now(),
      connectTimeoutMs,
      maxResponseBytes,
    }
    let response: Record<string, unknown>
    try {
      response = await exchange.run(() => this.#callWith(credential)('GetSecretValue', query))
    } catch (thrown) {
      const { error, credentialRefused } = readFailure(thrown, exchange, context)
      if (!credentialRefused) throw error
      provider.invalidate(credential)
      return { refusal: error }
    }
    if (exchange.stopped) throw stoppedError(exchange.stopped, exchange, context)
    return { response }
  }

  #nameOf({ name }: SecretRef): string {
    return `KMS secret ${JSON.stringify(name)} at ${this.#settings.endpoint}`
  }

  #callWith(credential: Credential): SdkCall {
    if (this.#client?.credential !== credential) {
      this.#client = { credential, call: sdkClient(this.#settings.endpoint, credential, this.#settings.timeoutMs) }
    }
    return this.#client.call
  }
}

/** The result of one credential: a response, or the error that refused the credential. */
type CallResult = { readonly response: Record<string, unknown> } | { readonly refusal: SecretSyncError }

type Query = Readonly<Record<string, string>>

function queryOf({ name, versionId, versionStage }: SecretRef): Query {
  if (versionId !== undefined) return { SecretName: name, VersionId: versionId }
  return { SecretName: name, VersionStage: versionStage ?? 'ACSCurrent' }
}
