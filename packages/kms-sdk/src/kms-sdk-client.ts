import {
  type ErrorTable,
  KMS_ERRORS,
  parseEndpoint,
  proxyOfEndpoint,
  type SdkProxy,
  withSdkProxy,
} from '@ack-secret-manager/alicloud-openapi'
import {
  checkLimits,
  type Clock,
  type Credential,
  type CredentialProvider,
  nameText,
  type ProxyRoutes,
  SecretSyncError,
  systemClock,
  withDeadline,
} from '@ack-secret-manager/core'
import { type CallContext, callFailure, stoppedError } from './internal/call-failure.ts'
import { shareSockets } from './internal/endpoint-sockets.ts'
import { HttpExchange } from './internal/http-exchange.ts'
import { type CallParams, type SdkCall, sdkClient } from './internal/sdk-client.ts'

/** Options of {@link KmsSdkClient}. */
export interface KmsSdkClientOptions {
  /** `HOST` or `HOST:PORT`, always HTTPS: `kms.cn-hangzhou.aliyuncs.com`, `kms-vpc.cn-hangzhou.aliyuncs.com`. */
  readonly endpoint: string
  /** The identity of calls. The caller owns it: closing the client does not close it. */
  readonly provider: CredentialProvider
  /** Proxies to connect through; the same for all clients of the process. @default none */
  readonly proxy?: ProxyRoutes
  /** Deadline of one call, including its credential. @default 10_000 */
  readonly timeoutMs?: number
  /** Deadline of a new connection, TLS included. @default 3_000 */
  readonly connectTimeoutMs?: number
  /** Longest wait for a free socket. @default 60_000 */
  readonly queueTimeoutMs?: number
  /** Maximum number of sockets to the endpoint. Clients of the process with the same endpoint and number share them. @default 64 */
  readonly maxSockets?: number
  /** Maximum size of a response, in bytes; KMS limits a value to 30,720 bytes. @default 262_144 */
  readonly maxResponseBytes?: number
  /** @default systemClock */
  readonly clock?: Clock
}

/** One call of the KMS API. */
export interface KmsCall {
  /** `GetSecretValue`, `ListSecrets` … */
  readonly action: string
  readonly query: CallParams
  /** Parameters that hold a value: they go into the body instead of the URL. @default none */
  readonly form?: CallParams
  /** The call in errors: `KMS secret "app/db" at kms.cn-hangzhou.aliyuncs.com`. */
  readonly what: string
  /** Resource that the caller's policy must allow: a name, an ARN, or empty for the account's secrets. */
  readonly resource: string
  /** Meaning of error codes for this action. @default that of reads */
  readonly errors?: ErrorTable
  readonly signal: AbortSignal
}

const DEFAULTS = {
  timeoutMs: 10_000,
  connectTimeoutMs: 3_000,
  queueTimeoutMs: 60_000,
  maxSockets: 64,
  maxResponseBytes: 262_144,
  clock: systemClock,
} satisfies Partial<KmsSdkClientOptions>

/**
 * Calls the API of Alibaba Cloud KMS (2016-01-20) through the official SDK `@alicloud/kms20160120`, and adds what the SDK lacks:
 * deadlines that hold, cancellation, a limit of sockets and response size, one consistent credential per call, and errors
 * without the URL.
 */
export class KmsSdkClient {
  readonly endpoint: string
  readonly #settings: Required<Omit<KmsSdkClientOptions, 'proxy'>>
  readonly #proxy: SdkProxy | undefined
  readonly #sockets: ReturnType<typeof shareSockets>
  readonly #pending = new Set<AbortController>()
  #client: { readonly credential: Credential; readonly call: SdkCall } | undefined
  #closed = false

  /** @throws SecretSyncError `InvalidSpec` for a malformed endpoint, RangeError for a limit that is not a positive integer */
  constructor(options: KmsSdkClientOptions) {
    this.endpoint = parseEndpoint(options.endpoint)
    const { proxy, ...settings } = options
    this.#settings = { ...DEFAULTS, ...settings, endpoint: this.endpoint }
    const { timeoutMs, connectTimeoutMs, queueTimeoutMs, maxSockets, maxResponseBytes } = this.#settings
    checkLimits({ timeoutMs, connectTimeoutMs, queueTimeoutMs, maxSockets, maxResponseBytes })
    this.#proxy = proxy && { routes: proxy, timeoutMs: connectTimeoutMs }
    this.#sockets = shareSockets(this.endpoint, maxSockets)
  }

  /**
   * Sends one call, and once more with a new credential if the first was refused, because its session may have been revoked.
   * @throws SecretSyncError as the table of errors says, `Unavailable` | `Timeout` for the network, `Cancelled`
   */
  async call(call: KmsCall): Promise<Record<string, unknown>> {
    if (this.#closed) throw new SecretSyncError('Cancelled', `${call.what}: the connection is closed`)
    const { signal } = call
    const stop = new AbortController()
    const onAbort = (): void => stop.abort()
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    this.#pending.add(stop)
    try {
      return await this.#queued({ ...call, signal: stop.signal })
    } finally {
      this.#pending.delete(stop)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Cancels the calls that are running. Idle sockets close with the last client of the endpoint. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#client = undefined
    for (const stop of this.#pending) stop.abort()
    this.#sockets.release()
  }

  /** The deadline of the call starts when it gets a socket, so that a long queue does not look like a slow KMS. */
  #queued(call: KmsCall): Promise<Record<string, unknown>> {
    const { clock, timeoutMs, queueTimeoutMs } = this.#settings
    const { what, signal } = call
    return withDeadline(
      (waiting) =>
        this.#sockets.slots.run(() =>
          withDeadline((calling) => this.#send({ ...call, signal: calling }), {
            timeoutMs,
            what,
            signal: waiting,
            clock,
          }),
        ),
      { timeoutMs: queueTimeoutMs + timeoutMs, what: `${what}: waiting for a free socket`, signal, clock },
    )
  }

  async #send(call: KmsCall): Promise<Record<string, unknown>> {
    const { provider } = this.#settings
    const { signal } = call
    const credential = await provider.credential({ signal })
    const first = await this.#sendAs(credential, call)
    if ('response' in first) return first.response
    const newer = await provider.credential({ signal })
    if (newer.accessKeyId === credential.accessKeyId) throw first.refusal
    const second = await this.#sendAs(newer, call)
    if ('response' in second) return second.response
    throw second.refusal
  }

  async #sendAs(credential: Credential, call: KmsCall): Promise<CallResult> {
    const { provider, clock, connectTimeoutMs, maxResponseBytes } = this.#settings
    const { action, query, form, signal } = call
    const exchange = new HttpExchange({ signal, clock, connectTimeoutMs, maxResponseBytes, open: this.#sockets.open })
    const context: CallContext = {
      what: call.what,
      endpoint: this.endpoint,
      proxy: proxyOfEndpoint(this.#proxy?.routes, this.endpoint),
      permission: `call kms:${action} on ${nameText(resourceOf(call.resource))}`,
      errors: call.errors ?? KMS_ERRORS,
      identity: provider.identity.description,
      nowMs: clock.now(),
      connectTimeoutMs,
      maxResponseBytes,
    }
    let response: Record<string, unknown>
    try {
      response = await exchange.run(() =>
        withSdkProxy(this.#proxy, () => this.#callWith(credential)(action, { query, form })),
      )
    } catch (thrown) {
      const { error, credentialRefused } = callFailure(thrown, exchange, context)
      if (!credentialRefused) throw error
      provider.invalidate(credential)
      return { refusal: error }
    }
    if (exchange.stopped) throw stoppedError(exchange.stopped, exchange, context)
    return { response }
  }

  #callWith(credential: Credential): SdkCall {
    if (this.#client?.credential !== credential) {
      this.#client = { credential, call: sdkClient(this.endpoint, credential, this.#settings.timeoutMs) }
    }
    return this.#client.call
  }
}

/** The result of one credential: a response, or the error that refused the credential. */
type CallResult = { readonly response: Record<string, unknown> } | { readonly refusal: SecretSyncError }

function resourceOf(name: string): string {
  if (name === '') return 'secret'
  return name.startsWith('acs:') ? name : `secret/${name}`
}
