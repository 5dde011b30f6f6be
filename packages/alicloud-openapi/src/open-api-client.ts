import {
  type Clock,
  type Credential,
  type CredentialProvider,
  isSecretSyncError,
  SecretSyncError,
  systemClock,
  toSecretSyncError,
  withDeadline,
} from '@ack-secret-manager/core'
import { Agent } from 'undici'
import { parseEndpoint } from './endpoint.ts'
import { connectionFailure } from './internal/connection-failure.ts'
import { readAnswer, type WireAnswer } from './internal/read-answer.ts'
import { certificatesOf } from './internal/trusted-ca.ts'
import { anonymousRequest, signedRequest, type WireRequest } from './internal/wire-request.ts'
import type { OpenApiAnswer, OpenApiCall } from './open-api-call.ts'

/** Options of {@link OpenApiClient}. */
export interface OpenApiClientOptions {
  /** `HOST` or `HOST:PORT` in lower case, always HTTPS. */
  readonly endpoint: string
  /** CAs to trust, PEM, instead of the machine's. @default the machine's, and those of `NODE_EXTRA_CA_CERTS` */
  readonly ca?: string
  /** Trust the certificates of `ca` although they are no roots: the CAs of KMS instances are intermediates. @default false */
  readonly allowPartialTrustChain?: boolean
  /** False takes any certificate, and anybody in between. @default true */
  readonly rejectUnauthorized?: boolean
  /** One call, the credential included. @default 10_000 */
  readonly timeoutMs?: number
  /** Until a new connection is ready, TLS included. @default 3_000 */
  readonly connectTimeoutMs?: number
  /** Connections at once. @default 64 */
  readonly maxConnections?: number
  /** Calls at once, waiting ones included; further ones are refused as `Unavailable`. @default 2_000 */
  readonly maxPending?: number
  /** How long an idle connection is kept. The service may ask for less. @default 15_000 */
  readonly keepAliveMs?: number
  /** Size of an answer. @default 262_144 */
  readonly maxResponseBytes?: number
  /** @default systemClock */
  readonly clock?: Clock
}

/**
 * Calls RPC-style actions of Alibaba Cloud OpenAPI at one endpoint: signed with ACS3-HMAC-SHA256 over pooled HTTP/1.1
 * connections with TLS 1.2 or newer. One call is one request: no retries, no redirects, no proxy.
 */
export class OpenApiClient implements AsyncDisposable {
  readonly endpoint: string
  readonly #options: Required<Omit<OpenApiClientOptions, 'ca' | 'endpoint'>>
  readonly #agent: Agent
  #pending = 0
  #isClosed = false

  /** @throws SecretSyncError `InvalidSpec` for a malformed endpoint or CA */
  constructor({ endpoint, ca, ...options }: OpenApiClientOptions) {
    this.endpoint = parseEndpoint(endpoint)
    this.#options = {
      allowPartialTrustChain: false,
      rejectUnauthorized: true,
      timeoutMs: 10_000,
      connectTimeoutMs: 3_000,
      maxConnections: 64,
      maxPending: 2_000,
      keepAliveMs: 15_000,
      maxResponseBytes: 262_144,
      clock: systemClock,
      ...options,
    }
    this.#agent = agentFor(this.#options, ca === undefined ? undefined : certificatesOf(ca))
  }

  /**
   * Makes one call.
   * @throws SecretSyncError with the meaning that `call.errors` or the gateway's own codes give a refusal, or
   * `Unauthenticated` | `AccessDenied` | `Throttled` | `Unavailable` | `Timeout` | `InvalidResponse` | `Cancelled`.
   * Its facts hold status, remote code, request id and the pause asked for; nothing else of the answer is kept.
   */
  async call(call: OpenApiCall): Promise<OpenApiAnswer> {
    const { clock, maxPending } = this.#options
    const what = `${call.what} at ${this.endpoint}`
    if (this.#pending >= maxPending) {
      throw new SecretSyncError('Unavailable', `${what}: ${maxPending} calls are under way already`)
    }
    this.#pending += 1
    try {
      const { timeoutMs = this.#options.timeoutMs, signal } = call
      return await withDeadline((deadline) => this.#call(call, what, deadline), { timeoutMs, what, signal, clock })
    } finally {
      this.#pending -= 1
    }
  }

  /** Cuts the connections. Calls under way and later ones fail with `Cancelled`. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#agent.destroy()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #call(call: OpenApiCall, what: string, signal: AbortSignal): Promise<OpenApiAnswer> {
    const { clock } = this.#options
    const credential = call.as === 'anonymous' ? undefined : await credentialOf(call.as, what, signal)
    const context = { endpoint: this.endpoint, nowMs: clock.now() }
    const request = credential ? signedRequest(call, credential, context) : anonymousRequest(call, context)
    const answer = await this.#exchange(request, what, signal)
    return readAnswer(answer, {
      what,
      nowMs: clock.now(),
      errors: call.errors,
      onRefused: () => {
        if (credential && isProvider(call.as)) call.as.invalidate(credential)
      },
    })
  }

  async #exchange({ path, headers, body }: WireRequest, what: string, signal: AbortSignal): Promise<WireAnswer> {
    if (this.#isClosed) throw new SecretSyncError('Cancelled', `${what}: cancelled`)
    const { connectTimeoutMs, maxResponseBytes } = this.#options
    try {
      const response = await this.#agent.request({
        origin: `https://${this.endpoint}`,
        path,
        method: 'POST',
        headers,
        body,
        signal,
      })
      return { status: response.statusCode, headers: response.headers, body: await response.body.bytes() }
    } catch (error) {
      throw connectionFailure(error, { what, connectTimeoutMs, maxResponseBytes })
    }
  }
}

function agentFor(options: Required<Omit<OpenApiClientOptions, 'ca' | 'endpoint'>>, ca: string[] | undefined): Agent {
  return new Agent({
    connections: options.maxConnections,
    pipelining: 1,
    allowH2: false,
    maxResponseSize: options.maxResponseBytes,
    keepAliveTimeout: options.keepAliveMs,
    keepAliveMaxTimeout: options.keepAliveMs,
    // The deadline of the whole call is the one that counts.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      timeout: options.connectTimeoutMs,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: options.rejectUnauthorized,
      allowPartialTrustChain: options.allowPartialTrustChain,
      ...(ca === undefined ? {} : { ca }),
    },
  })
}

function isProvider(as: OpenApiCall['as']): as is CredentialProvider {
  return as !== 'anonymous' && 'credential' in as
}

async function credentialOf(
  as: CredentialProvider | Credential,
  what: string,
  signal: AbortSignal,
): Promise<Credential> {
  if (!isProvider(as)) return as
  try {
    return await as.credential({ signal })
  } catch (thrown) {
    const error = toSecretSyncError(thrown, what)
    if (!isSecretSyncError(thrown)) throw error
    throw new SecretSyncError(error.code, `${what}: ${error.message}`, { facts: error.facts, cause: error })
  }
}
