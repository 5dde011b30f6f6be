import { type Clock, isSecretSyncError, SecretSyncError, withDeadline } from '@ack-secret-manager/core'
import { Agent, errors } from 'undici'

export interface MetadataClientOptions {
  /** `HOST` or `HOST:PORT`; plain HTTP. */
  readonly endpoint: string
  /** Deadline of one request. */
  readonly timeoutMs: number
  readonly clock: Clock
}

export interface MetadataRequest {
  readonly method: 'GET' | 'PUT'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** For messages. Nothing secret. */
  readonly what: string
  readonly signal: AbortSignal
}

/** A response of the metadata service, whatever its status. */
export interface MetadataResponse {
  readonly status: number
  readonly text: string
}

/** Progress of a request when it failed. */
export type FailureStage = 'connecting' | 'waiting'

/** The request failed without a response. */
export class NoResponseError extends Error {
  override readonly name = 'NoResponseError'
  readonly stage: FailureStage
  /** `ECONNREFUSED`, `timeout` … */
  readonly reason: string

  constructor(stage: FailureStage, reason: string) {
    super(`${stage}: ${reason}`)
    this.stage = stage
    this.reason = reason
  }
}

/** Credentials are about 2 kB. */
const MAX_RESPONSE_BYTES = 65_536

/** Client of the metadata service of an ECS instance: plain HTTP, no proxy, no redirects, no retries. */
export class MetadataClient {
  readonly #options: MetadataClientOptions
  readonly #agent: Agent
  /** Whether the latest attempt to connect succeeded. */
  #isConnected = false

  constructor(options: MetadataClientOptions) {
    this.#options = options
    this.#agent = new Agent({
      connections: 1,
      pipelining: 1,
      allowH2: false,
      maxResponseSize: MAX_RESPONSE_BYTES,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: options.timeoutMs },
    })
    this.#agent.on('connect', () => {
      this.#isConnected = true
    })
    this.#agent.on('connectionError', () => {
      this.#isConnected = false
    })
  }

  /**
   * @throws NoResponseError
   * @throws SecretSyncError `InvalidResponse` for a redirect or a response that is too large, `Cancelled`
   */
  async request(request: MetadataRequest): Promise<MetadataResponse> {
    const { timeoutMs, clock } = this.#options
    const { signal, what } = request
    try {
      return await withDeadline((deadline) => this.#send(request, deadline), { timeoutMs, what, signal, clock })
    } catch (error) {
      throw explain(error, what, this.#isConnected)
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy()
  }

  async #send({ method, path, headers, what }: MetadataRequest, signal: AbortSignal): Promise<MetadataResponse> {
    const origin = `http://${this.#options.endpoint}`
    const response = await this.#agent.request({ origin, path, method, headers, signal })
    const { statusCode: status } = response
    if (status >= 300 && status < 400) {
      await response.body.dump()
      throw new SecretSyncError(
        'InvalidResponse',
        `${what}: ${this.#options.endpoint} responds with a redirect (HTTP ${status}), which is not followed: is it the ` +
          'metadata service of an ECS instance?',
        { facts: { httpStatus: status } },
      )
    }
    return { status, text: await response.body.text() }
  }
}

/** Converts an error of the HTTP client. Keeps only its code. */
function explain(error: unknown, what: string, isConnected: boolean): Error {
  const stage = isConnected ? 'waiting' : 'connecting'
  if (isSecretSyncError(error)) return error.code === 'Timeout' ? new NoResponseError(stage, 'timeout') : error
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return new NoResponseError(stage, 'timeout')
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new SecretSyncError('Cancelled', `${what}: cancelled`)
  }
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return new SecretSyncError('InvalidResponse', `${what}: the response is larger than ${MAX_RESPONSE_BYTES} bytes`)
  }
  if (error instanceof errors.HTTPParserError)
    return new SecretSyncError('InvalidResponse', `${what}: the response is not HTTP`)
  return new NoResponseError(stage, /^[A-Z][A-Z0-9_]+$/.test(code) ? code : 'unknown failure')
}
