import {
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
import { parseKmsEndpoint } from './endpoint.ts'
import { shareSockets } from './internal/endpoint-sockets.ts'
import { HttpExchange } from './internal/http-exchange.ts'
import { type ReadContext, readFailure, stoppedError } from './internal/read-failure.ts'
import { type SdkCall, sdkClient } from './internal/sdk-client.ts'
import { secretValueOf } from './internal/secret-answer.ts'

/** Options of {@link kmsEndpointBackend}. */
export interface KmsEndpointOptions {
  /** `HOST` or `HOST:PORT`, always HTTPS: `kms.cn-hangzhou.aliyuncs.com`, `kms-vpc.cn-hangzhou.aliyuncs.com`. */
  readonly endpoint: string
  /** Who asks. Stays the caller's: closing the backend does not close it. */
  readonly provider: CredentialProvider
  /** Longest time of one read, its credential included. @default 10_000 */
  readonly timeoutMs?: number
  /** Longest time until a new connection is ready, TLS included. @default 3_000 */
  readonly connectTimeoutMs?: number
  /** Longest wait for a free socket. @default 60_000 */
  readonly queueTimeoutMs?: number
  /** Sockets to the endpoint at once, for all backends of this process that name the same endpoint and number. @default 64 */
  readonly maxSockets?: number
  /** Larger answers are refused; KMS's own limit of a value is 30,720 bytes. @default 262_144 */
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
 * @throws SecretSyncError `InvalidSpec` for a malformed endpoint, RangeError for a limit that is no positive whole number
 */
export function kmsEndpointBackend(options: KmsEndpointOptions): SecretBackend {
  const settings = { ...DEFAULTS, ...options, endpoint: parseKmsEndpoint(options.endpoint) }
  for (const name of ['timeoutMs', 'connectTimeoutMs', 'queueTimeoutMs', 'maxSockets', 'maxResponseBytes'] as const) {
    const value = settings[name]
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`${name}: expected a whole number ≥ 1, got ${value}`)
  }
  return new KmsEndpointBackend(settings)
}

class KmsEndpointBackend implements SecretBackend {
  readonly #settings: Settings
  readonly #sockets: ReturnType<typeof shareSockets>
  readonly #underWay = new Set<AbortController>()
  #client: { readonly credential: Credential; readonly call: SdkCall } | undefined
  #closed = false

  constructor(settings: Settings) {
    this.#settings = settings
    this.#sockets = shareSockets(settings.endpoint, settings.maxSockets)
  }

  async read(ref: SecretRef, { signal }: { signal: AbortSignal }): Promise<SecretValue> {
    const what = `KMS secret ${JSON.stringify(ref.name)} at ${this.#settings.endpoint}`
    if (this.#closed) throw new SecretSyncError('Cancelled', `${what}: the backend is closed`)
    const stop = new AbortController()
    const onAbort = (): void => stop.abort()
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    this.#underWay.add(stop)
    try {
      return await this.#queued(ref, what, stop.signal)
    } finally {
      this.#underWay.delete(stop)
      signal.removeEventListener('abort', onAbort)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#client = undefined
    for (const stop of this.#underWay) stop.abort()
    this.#sockets.release()
  }

  /** The read's own time starts when there is a place for it, so that a long queue is not taken for a slow KMS. */
  #queued(ref: SecretRef, what: string, signal: AbortSignal): Promise<SecretValue> {
    const { clock, timeoutMs, queueTimeoutMs } = this.#settings
    return withDeadline(
      (waiting) =>
        this.#sockets.places.run(() =>
          withDeadline((reading) => this.#read(ref, what, reading), { timeoutMs, what, signal: waiting, clock }),
        ),
      { timeoutMs: queueTimeoutMs + timeoutMs, what: `${what}: waiting for a free socket`, signal, clock },
    )
  }

  async #read(ref: SecretRef, what: string, signal: AbortSignal): Promise<SecretValue> {
    const { provider, clock, connectTimeoutMs, maxResponseBytes } = this.#settings
    const credential = await provider.credential({ signal })
    const exchange = new HttpExchange({ signal, clock, connectTimeoutMs, maxResponseBytes, open: this.#sockets.open })
    const context: ReadContext = {
      what,
      secretName: ref.name,
      identity: provider.identity.description,
      nowMs: clock.now(),
      connectTimeoutMs,
      maxResponseBytes,
    }
    let answer: Record<string, unknown>
    try {
      answer = await exchange.run(() => this.#callWith(credential)('GetSecretValue', queryOf(ref)))
    } catch (thrown) {
      const { error, credentialRefused } = readFailure(thrown, exchange, context)
      if (credentialRefused) provider.invalidate(credential)
      throw error
    }
    if (exchange.stopped) throw stoppedError(exchange.stopped, exchange, context)
    return secretValueOf(answer, ref.name, what)
  }

  #callWith(credential: Credential): SdkCall {
    if (this.#client?.credential !== credential) {
      this.#client = { credential, call: sdkClient(this.#settings.endpoint, credential, this.#settings.timeoutMs) }
    }
    return this.#client.call
  }
}

function queryOf({ name, versionId, versionStage }: SecretRef): Record<string, string> {
  if (versionId !== undefined) return { SecretName: name, VersionId: versionId }
  return { SecretName: name, VersionStage: versionStage ?? 'ACSCurrent' }
}
