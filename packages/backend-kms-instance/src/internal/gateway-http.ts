import { Agent, buildConnector, type Dispatcher } from 'undici'
import { connectionFailure, isCut } from './connection-failure.ts'

/** Options of {@link GatewayHttp}. */
export interface GatewayHttpOptions {
  readonly endpoint: string
  /** Trusted certificates, PEM, although they may be no roots. */
  readonly ca: readonly string[]
  /** False takes any certificate. */
  readonly rejectUnauthorized: boolean
  readonly connectTimeoutMs: number
  readonly maxConnections: number
  readonly keepAliveMs: number
  readonly maxResponseBytes: number
}

/** An answer as it came in. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Dispatcher.ResponseData['headers']
  readonly body: Uint8Array
}

/** Pooled HTTPS connections to the gateway of one instance. */
export class GatewayHttp {
  readonly #options: GatewayHttpOptions
  readonly #agent: Agent
  #connectionsMade = 0

  constructor(options: GatewayHttpOptions) {
    this.#options = options
    const connect = buildConnector({
      timeout: options.connectTimeoutMs,
      minVersion: 'TLSv1.2',
      ca: [...options.ca],
      // The CAs that instances are given are intermediate ones, published without their root.
      allowPartialTrustChain: true,
      rejectUnauthorized: options.rejectUnauthorized,
      allowH2: false,
    })
    this.#agent = new Agent({
      connections: options.maxConnections,
      pipelining: 1,
      allowH2: false,
      maxResponseSize: options.maxResponseBytes,
      keepAliveTimeout: options.keepAliveMs,
      keepAliveMaxTimeout: options.keepAliveMs,
      // The deadline of the whole read is the one that counts.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (target, callback) => {
        this.#connectionsMade += 1
        connect(target, callback)
      },
    })
  }

  /**
   * Sends one request. The gateway closes idle connections when it likes, and a request can meet that: if it was cut
   * before any answer and no connection was made meanwhile, so that it surely went over an old one, it is sent again, once.
   * @throws SecretSyncError `Unavailable` | `Timeout` | `InvalidResponse` | `Cancelled`
   */
  async post(request: PostRequest, { what, signal }: { what: string; signal: AbortSignal }): Promise<HttpAnswer> {
    const connectionsMade = this.#connectionsMade
    try {
      const response = await this.#send(request, signal).catch((error: unknown) => {
        if (!isCut(error) || signal.aborted || this.#connectionsMade !== connectionsMade) throw error
        return this.#send(request, signal)
      })
      return { status: response.statusCode, headers: response.headers, body: await response.body.bytes() }
    } catch (error) {
      throw connectionFailure(error, what, this.#options)
    }
  }

  /** Cuts the connections; requests under way fail with `Cancelled`. */
  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  #send({ headers, body }: PostRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const origin = `https://${this.#options.endpoint}`
    return this.#agent.request({ origin, path: '/', method: 'POST', headers, body, signal })
  }
}

/** What is sent: secret, since it is signed. */
export interface PostRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}
