import {
  checkLimits,
  type Clock,
  type Credential,
  type CredentialProvider,
  defined,
  type ErrorFacts,
  isOutage,
  isSecretSyncError,
  SecretSyncError,
  systemClock,
  toSecretSyncError,
  withDeadline,
} from '@ack-secret-manager/core'
import { HttpsConnection, type HttpsConnectionOptions } from './https-connection.ts'
import { readResponse } from './internal/read-response.ts'
import { type ConnectionLease, leaseConnection } from './internal/shared-connection.ts'
import { anonymousRequest, signedRequest } from './internal/wire-request.ts'
import type { OpenApiResponse, OpenApiCall } from './open-api-call.ts'

export interface OpenApiClientOptions extends HttpsConnectionOptions {
  /** Deadline of one call, including its credential. @default 10_000 */
  readonly timeoutMs?: number
  /** Maximum number of pending calls; further calls fail with `Unavailable`. @default 2_000 */
  readonly maxPending?: number
  /**
   * Uses one pool of connections with all clients of the process that have the same endpoint, CA, proxy and limits. Closing a client
   * cancels its own calls; the last one closes the pool. @default false
   */
  readonly shareConnections?: boolean
  /** @default systemClock */
  readonly clock?: Clock
}

/**
 * Calls RPC-style actions of Alibaba Cloud OpenAPI at one endpoint: signed with ACS3-HMAC-SHA256 over pooled HTTP/1.1
 * connections with TLS 1.2 or newer. One call is one request, except with `retryRefused`. No redirects.
 */
export class OpenApiClient implements AsyncDisposable {
  readonly endpoint: string
  readonly #lease: ConnectionLease
  /** Aborts the pending calls of this client. */
  readonly #closing = new AbortController()
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #maxPending: number
  #pending = 0

  /** @throws SecretSyncError `InvalidSpec` for a malformed endpoint or CA, RangeError for a limit that is not a positive integer */
  constructor({
    timeoutMs = 10_000,
    maxPending = 2_000,
    shareConnections = false,
    clock = systemClock,
    ...options
  }: OpenApiClientOptions) {
    checkLimits({ timeoutMs, maxPending })
    this.#lease = shareConnections ? leaseConnection(options) : ownConnection(options)
    this.endpoint = this.#lease.connection.endpoint
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#maxPending = maxPending
  }

  /**
   * Makes one call.
   * @throws SecretSyncError with the code of `call.errors`, or `Unauthenticated` | `AccessDenied` | `Throttled` | `Unavailable` |
   * `Timeout` | `InvalidResponse` | `Cancelled`. Its facts hold status, remote code, request id, the requested pause and
   * the action that RAM misses; everything else of the response is dropped.
   */
  async call(call: OpenApiCall): Promise<OpenApiResponse> {
    const what = `${call.what} at ${this.endpoint}`
    if (this.#pending >= this.#maxPending) {
      throw new SecretSyncError('Unavailable', `${what}: ${this.#maxPending} calls are already pending`)
    }
    this.#pending += 1
    const wait: CredentialWait = { provider: undefined }
    try {
      const { timeoutMs = this.#timeoutMs, signal } = call
      const deadline = { timeoutMs, what, signal, closing: this.#closing.signal, clock: this.#clock }
      return await withDeadline((until) => this.#call(call, { what, signal: until, wait }), deadline)
    } catch (error) {
      throw wait.provider ? lateCredential(error, what, wait.provider) : error
    } finally {
      this.#pending -= 1
    }
  }

  /** Closes the connections that no other client uses. Pending and later calls fail with `Cancelled`. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#lease.release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #call(call: OpenApiCall, attempt: Attempt): Promise<OpenApiResponse> {
    const { what, signal } = attempt
    if (call.as === 'anonymous' || !isProvider(call.as)) return this.#send(call, call.as, { what, signal })
    const provider = call.as
    const credential = await credentialOf(provider, attempt)
    let isRefused = false
    const onRefused = (): void => {
      isRefused = true
      provider.invalidate(credential)
    }
    try {
      return await this.#send(call, credential, { what, signal, onRefused })
    } catch (error) {
      if (!isRefused || call.retryRefused !== true) throw error
      const newer = await credentialOf(provider, attempt)
      if (newer.accessKeyId === credential.accessKeyId) throw error
      return this.#send(call, newer, { what, signal, onRefused: () => provider.invalidate(newer) })
    }
  }

  async #send(
    call: OpenApiCall,
    credential: Credential | 'anonymous',
    { what, signal, onRefused }: { what: string; signal: AbortSignal; onRefused?: () => void },
  ): Promise<OpenApiResponse> {
    const context = { endpoint: this.endpoint, nowMs: this.#clock.now() }
    const request =
      credential === 'anonymous' ? anonymousRequest(call, context) : signedRequest(call, credential, context)
    const response = await this.#lease.connection.send(request, { what, signal })
    return readResponse(response, { what, nowMs: this.#clock.now(), classify: call, ...(onRefused && { onRefused }) })
  }
}

function ownConnection(options: HttpsConnectionOptions): ConnectionLease {
  const connection = new HttpsConnection(options)
  return { connection, release: () => connection.close() }
}

function isProvider(as: CredentialProvider | Credential): as is CredentialProvider {
  return 'credential' in as
}

/** The identity whose credential a call waits for. */
interface CredentialWait {
  provider: CredentialProvider | undefined
}

interface Attempt {
  readonly what: string
  readonly signal: AbortSignal
  readonly wait: CredentialWait
}

async function credentialOf(provider: CredentialProvider, { what, signal, wait }: Attempt): Promise<Credential> {
  wait.provider = provider
  try {
    return await provider.credential({ signal })
  } catch (thrown) {
    const error = toSecretSyncError(thrown, what)
    if (!isSecretSyncError(thrown)) throw error
    const facts = isOutage(error.code) ? { ...issuerOf(provider), ...error.facts } : error.facts
    throw new SecretSyncError(error.code, `${what}: ${error.message}`, { facts, cause: error })
  } finally {
    // After the deadline the error names what the call was waiting for.
    if (!signal.aborted) wait.provider = undefined
  }
}

/** A call that timed out before its request was sent: its endpoint is not the cause. */
function lateCredential(error: unknown, what: string, provider: CredentialProvider): unknown {
  if (!isSecretSyncError(error) || error.facts.waitedMs === undefined) return error
  const why = `credentials of ${provider.identity.description}: no response within ${error.facts.waitedMs} ms`
  return new SecretSyncError(error.code, `${what}: ${why}`, { facts: { ...issuerOf(provider), ...error.facts } })
}

function issuerOf({ identity }: CredentialProvider): Pick<ErrorFacts, 'issuer'> {
  return defined({ issuer: identity.issuer })
}
