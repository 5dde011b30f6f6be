import { checkLimits, type Clock, defined, SecretSyncError, Semaphore, withDeadline } from '@ack-secret-manager/core'
import type { Dispatcher } from 'undici'
import { checkObject } from './check-object.ts'
import { ConnectionPools } from './connection-pools.ts'
import { CredentialCache } from '../credentials/credential-cache.ts'
import {
  bodyText,
  boundedText,
  chunksOf,
  dateHeaderMs,
  parseBody,
  queryString,
  retryAfterHeader,
} from './http-message.ts'
import { isKubeApiError } from './kube-api-error.ts'
import type { KubeCredentials } from '../credentials/kube-credentials.ts'
import { JSON_TYPE } from './media-types.ts'
import { requestBody } from './request-body.ts'
import type { KubeClientOptions, KubeRequest, KubeResponse, KubeStreamRequest } from './kube-request.ts'
import { type RequestInfo, requestInfo } from './request-info.ts'
import {
  type AttemptState,
  type FirstAttempt,
  firstAttempt,
  prepareRetry,
  renewCredentials,
  type RetryOptions,
} from './request-retry.ts'
import { describeRequest, statusError } from './status-error.ts'
import { abortError, transportError } from './transport-error.ts'

/** List bodies that are read at the same time. */
const MAX_LIST_BODIES = 4

/** Paths with the objects of the API. */
const RESOURCES = /^\/apis?\//

/** Address of the API server. */
interface Server {
  readonly url: string
  readonly origin: string
  /** Path prefix without a trailing slash; empty for a server at the root. */
  readonly prefix: string
}

/** Options of {@link KubeTransport}: those of the client with defaults applied. */
export type KubeTransportOptions = Required<Omit<KubeClientOptions, 'onRequest' | 'fence'>> &
  Pick<KubeClientOptions, 'onRequest' | 'fence'>

/** Sends requests to the API server: connections, credentials, deadlines, retries. */
export class KubeTransport {
  readonly #options: KubeTransportOptions
  readonly #clock: Clock
  readonly #credentials: CredentialCache
  readonly #pools: ConnectionPools
  readonly #retries: RetryOptions
  readonly #listBodies = new Semaphore(MAX_LIST_BODIES)
  #server: Server | undefined
  /** The difference between the clock of the API server and the monotonic one. */
  #serverOffsetMs: number | undefined

  constructor(options: KubeTransportOptions) {
    const { clock, credentials: source, credentialsMaxAgeMs: maxAgeMs, loginTimeoutMs: timeoutMs } = options
    this.#options = options
    this.#clock = clock
    this.#credentials = new CredentialCache({ source, clock, maxAgeMs, timeoutMs })
    this.#pools = new ConnectionPools(options)
    this.#retries = { clock, maxThrottleRetries: options.maxThrottleRetries, credentials: this.#credentials }
  }

  async request<T>(request: KubeRequest): Promise<KubeResponse<T>> {
    const info = requestInfo(request.method, request.path)
    const { timeoutMs = this.#options.timeoutMs, signal } = request
    const what = describeRequest(info)
    checkLimits(defined({ maxBodyBytes: request.maxBodyBytes }))
    const body = requestBody(request.body, what)
    const credentials = await this.#login(what, signal)
    const attempt = { request, body, credentials, deadlineMs: this.#clock.monotonic() + timeoutMs }
    return await withDeadline((deadline) => this.#withRetries<T>({ ...attempt, signal: deadline }, info), {
      timeoutMs,
      what,
      signal,
      clock: this.#clock,
    })
  }

  /**
   * Opens a watch or another streaming response.
   * @returns its chunks as they arrive; ending the iteration or aborting the signal closes the connection
   */
  async stream(request: KubeStreamRequest): Promise<AsyncIterable<Uint8Array>> {
    const info = requestInfo('GET', request.path, true)
    const { timeoutMs = this.#options.timeoutMs, signal } = request
    const what = describeRequest(info)
    const credentials = await this.#login(what, signal)
    const controller = new AbortController()
    const stop = (): void => controller.abort(abortError(signal.reason, what))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    const unlink = (): void => signal.removeEventListener('abort', stop)
    const timer = this.#clock.setTimeout(
      () => controller.abort(new SecretSyncError('Timeout', `${what}: no response within ${timeoutMs} ms`)),
      timeoutMs,
    )
    try {
      const body = await this.#openStream({ ...request, method: 'GET', signal: controller.signal }, info, credentials)
      return chunksOf(body, what, unlink)
    } catch (error) {
      unlink()
      throw error
    } finally {
      timer.cancel()
    }
  }

  /** The clock of the API server in wall-clock milliseconds, from its last response; undefined before the first one. */
  get serverTimeMs(): number | undefined {
    return this.#serverOffsetMs === undefined ? undefined : this.#serverOffsetMs + this.#clock.monotonic()
  }

  async close(): Promise<void> {
    this.#credentials.close()
    await this.#pools.close()
  }

  /** Not part of the deadline of a request, because a login command may wait for a user. */
  async #login(what: string, signal: AbortSignal): Promise<KubeCredentials> {
    const { cached } = this.#credentials
    if (cached !== undefined) return cached
    const { loginTimeoutMs, clock } = this.#options
    // Only for the signal. The cache has the deadline, whose error names the credentials.
    const timeoutMs = 2 * loginTimeoutMs
    return await withDeadline(() => this.#credentials.current(), { timeoutMs, what, signal, clock })
  }

  async #withRetries<T>(first: FirstAttempt, info: RequestInfo): Promise<KubeResponse<T>> {
    const { request, signal } = first
    const attempts = firstAttempt(first)
    for (;;) {
      if (isWrite(request)) await this.#options.fence?.opened(signal)
      try {
        return await this.#attempt<T>(info, attempts)
      } catch (error) {
        if (!signal.aborted && (await prepareRetry(error, attempts, this.#retries))) continue
        throw isKubeApiError(error) ? error : transportError(error, describeRequest(info), attempts.credentials)
      }
    }
  }

  async #attempt<T>(info: RequestInfo, attempt: AttemptState): Promise<KubeResponse<T>> {
    const { request, credentials } = attempt
    const report = this.#reporter(info)
    let code = 0
    try {
      const { requests, writes } = this.#pools.for(credentials)
      const response = await this.#send(isWrite(request) ? writes : requests, attempt)
      code = response.statusCode
      this.#readDate(response)
      const text = await this.#bodyOf(response, request, info)
      if (code >= 400) throw statusError(info, code, text, retryAfterHeader(response))
      const body = parseBody(text, request.accept, describeRequest(info))
      if (typeof body !== 'string' && RESOURCES.test(request.path)) checkObject(body, info, describeRequest(info))
      return { status: code, body: body as T }
    } finally {
      report(code)
    }
  }

  #readDate(response: Dispatcher.ResponseData): void {
    const dateMs = dateHeaderMs(response)
    if (dateMs !== undefined) this.#serverOffsetMs = dateMs - this.#clock.monotonic()
  }

  /** Limits the list bodies in memory. A response that has not started does not count. */
  #bodyOf({ body }: Dispatcher.ResponseData, request: KubeRequest, info: RequestInfo): Promise<string> {
    const { maxBodyBytes: limit } = this.#options
    const maxBytes = Math.min(request.maxBodyBytes ?? limit, limit)
    const limits = { maxBytes, what: describeRequest(info), onRead: request.onBodyRead }
    const read = (): Promise<string> => bodyText(body, limits)
    return info.verb === 'list' ? this.#listBodies.run(read) : read()
  }

  async #openStream(
    request: KubeRequest,
    info: RequestInfo,
    credentials: KubeCredentials,
  ): Promise<Dispatcher.ResponseData['body']> {
    const attempts = firstAttempt({ request, body: null, credentials, signal: request.signal, deadlineMs: Infinity })
    for (;;) {
      try {
        return await this.#attemptStream(info, attempts)
      } catch (error) {
        if (!request.signal.aborted && (await renewCredentials(error, attempts, this.#credentials))) continue
        throw isKubeApiError(error) ? error : transportError(error, describeRequest(info), attempts.credentials)
      }
    }
  }

  async #attemptStream(info: RequestInfo, attempt: AttemptState): Promise<Dispatcher.ResponseData['body']> {
    const report = this.#reporter(info)
    let code = 0
    try {
      const response = await this.#send(this.#pools.for(attempt.credentials).streams, attempt)
      code = response.statusCode
      if (code < 400) return response.body
      throw statusError(info, code, await boundedText(response.body), retryAfterHeader(response))
    } finally {
      report(code)
    }
  }

  #send(
    dispatcher: Dispatcher,
    { request, body, credentials, signal }: AttemptState,
  ): Promise<Dispatcher.ResponseData> {
    const { accept = JSON_TYPE, contentType = JSON_TYPE } = request
    const { origin, prefix } = this.#serverOf(credentials)
    return dispatcher.request({
      origin,
      path: `${prefix}${request.path}${queryString(request.query)}`,
      method: request.method,
      headers: {
        accept,
        'user-agent': this.#options.userAgent,
        ...(body === null ? {} : { 'content-type': contentType }),
        ...credentials.headers.expose(),
      },
      body,
      signal,
    })
  }

  /** Parses the URL once, not for each request. */
  #serverOf({ server: url }: KubeCredentials): Server {
    if (this.#server?.url === url) return this.#server
    const { origin, pathname } = new URL(url)
    this.#server = { url, origin, prefix: pathname === '/' ? '' : pathname }
    return this.#server
  }

  #reporter({ verb, resource }: RequestInfo): (code: number) => void {
    const startedMs = this.#clock.monotonic()
    return (code) =>
      this.#options.onRequest?.({ verb, resource, code, durationMs: this.#clock.monotonic() - startedMs })
  }
}

function isWrite({ method }: KubeRequest): boolean {
  return method !== 'GET'
}
