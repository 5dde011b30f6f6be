import { checkLimits, type ProxyRoutes } from '@ack-secret-manager/core'
import { Agent, buildConnector, type Dispatcher, errors } from 'undici'
import type { ResponseHeaders } from './response-headers.ts'
import { type ConnectionHints, isCut, systemCodeOf } from './connection-errors.ts'
import { parseEndpoint } from './endpoint.ts'
import { connectionFailure } from './internal/connection-failure.ts'
import { limitReceivedBytes } from './internal/limit-received-bytes.ts'
import { sharedLookup } from './internal/shared-lookup.ts'
import { USER_AGENT } from './internal/user-agent.ts'
import { proxyName, proxyOfEndpoint } from './proxy/proxy-routes.ts'
import { readBody } from './internal/read-body.ts'
import { tunnelTo } from './proxy/tunnel.ts'
import { TLS_OPTIONS } from './tls-options.ts'
import { parseCa } from './trusted-ca.ts'

export interface HttpsConnectionOptions {
  /** `HOST` or `HOST:PORT` in lower case, always HTTPS. */
  readonly endpoint: string
  /** CAs to trust instead of the machine's: PEM, or base64 of PEM. @default the machine's, and those of `NODE_EXTRA_CA_CERTS` */
  readonly ca?: string
  /** Trust the certificates of `ca` although they are not roots; the CAs of KMS instances are intermediates. @default false */
  readonly allowPartialTrustChain?: boolean
  /** False accepts any certificate, so an attacker on the network path can read everything. @default true */
  readonly rejectUnauthorized?: boolean
  /** Proxies to connect through. @default none */
  readonly proxy?: ProxyRoutes
  /** Deadline of a new connection, TLS included, and of a tunnel. @default 3_000 */
  readonly connectTimeoutMs?: number
  /** Maximum number of concurrent connections. @default 64 */
  readonly maxConnections?: number
  /** How long an idle connection is kept. The service may request a shorter time. @default 15_000 */
  readonly keepAliveMs?: number
  /** Maximum size of a response, in bytes. @default 262_144 */
  readonly maxResponseBytes?: number
  /** Remedies for connection errors that depend on the endpoint. @default general advice */
  readonly hints?: ConnectionHints
}

/** A signed request. Treat it as secret. */
export interface HttpsRequest {
  /** @default 'POST' */
  readonly method?: 'DELETE' | 'GET' | 'POST'
  /** @default '/' */
  readonly path?: string
  readonly headers: Readonly<Record<string, string>>
  /** @default none */
  readonly body?: string | Uint8Array
}

export interface SendOptions {
  /** Names the request, for errors. */
  readonly what: string
  readonly signal: AbortSignal
  /**
   * Resends the request once if a reused connection was closed before any response. A service may close an idle connection at
   * the moment a request is sent. @default false
   */
  readonly resend?: boolean
}

export interface HttpsResponse {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: Uint8Array
}

/** Responses with a status 1xx before the actual one. Alibaba Cloud sends none; a proxy may send a few. */
const MAX_INFORMATIONAL = 8

/** Headers, and the sizes of chunks of a body of the maximum size, take less. */
const MAX_FRAMING_BYTES = 131_072

/** Pooled HTTP/1.1 connections with TLS 1.2 or newer to one endpoint: no redirects. */
export class HttpsConnection {
  readonly endpoint: string
  readonly #options: { readonly connectTimeoutMs: number; readonly maxResponseBytes: number; hints: ConnectionHints }
  readonly #agent: Agent
  #connectionsMade = 0

  /** @throws SecretSyncError `InvalidSpec` for a malformed endpoint or CA, RangeError for a limit that is not a positive integer */
  constructor({
    endpoint,
    ca,
    allowPartialTrustChain = false,
    rejectUnauthorized = true,
    proxy: routes,
    ...options
  }: HttpsConnectionOptions) {
    const { connectTimeoutMs = 3_000, maxConnections = 64, keepAliveMs = 15_000, maxResponseBytes = 262_144 } = options
    checkLimits({ connectTimeoutMs, maxConnections, keepAliveMs, maxResponseBytes })
    this.endpoint = parseEndpoint(endpoint)
    const proxy = proxyOfEndpoint(routes, this.endpoint)
    const hints = { endpoint: this.endpoint, ...(proxy && { proxy: proxyName(proxy) }), ...options.hints }
    this.#options = { connectTimeoutMs, maxResponseBytes, hints }
    const connect = buildConnector({
      ...TLS_OPTIONS,
      timeout: connectTimeoutMs,
      lookup: sharedLookup,
      allowH2: false,
      allowPartialTrustChain,
      rejectUnauthorized,
      ...(ca === undefined ? {} : { ca: [...parseCa(ca)] }),
    })
    this.#agent = new Agent({
      connections: maxConnections,
      pipelining: 1,
      allowH2: false,
      maxResponseSize: maxResponseBytes,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      // The deadline of the whole call applies instead.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (target, onConnected) => {
        this.#connectionsMade += 1
        const callback: buildConnector.Callback = (...result) => {
          if (result[1]) limitReceivedBytes(result[1], maxResponseBytes + MAX_FRAMING_BYTES)
          onConnected(...result)
        }
        if (proxy === undefined) {
          connect(target, callback)
          return
        }
        const { hostname: host, port } = target
        tunnelTo({ proxy, host, port: Number(port) || 443, timeoutMs: connectTimeoutMs }, (error, httpSocket) => {
          if (httpSocket === undefined) callback(error ?? new Error('no tunnel'), null)
          else connect({ ...target, httpSocket }, callback)
        })
      },
    })
  }

  /** Sends one request. @throws SecretSyncError `Unavailable` | `Timeout` | `InvalidResponse` | `Cancelled` */
  async send(request: HttpsRequest, { what, signal, resend = false }: SendOptions): Promise<HttpsResponse> {
    const connectionsMade = this.#connectionsMade
    try {
      const response = await this.#request(request, signal).catch((error: unknown) => {
        // Without a new connection since the call began, the request went over a reused one.
        const isStale = isCut(systemCodeOf(error)) && this.#connectionsMade === connectionsMade
        if (!resend || !isStale || signal.aborted) throw error
        return this.#request(request, signal)
      })
      return { status: response.statusCode, headers: response.headers, body: await readBody(response.body, what) }
    } catch (error) {
      throw connectionFailure(error, { what, ...this.#options })
    }
  }

  /** Closes the connections. Pending and later requests fail with `Cancelled`. */
  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  #request(
    { method = 'POST', path = '/', headers, body }: HttpsRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    let informational = 0
    return this.#agent.request({
      origin: `https://${this.endpoint}`,
      path,
      method,
      headers: { ...headers, 'user-agent': USER_AGENT },
      body: body ?? null,
      signal,
      // undici limits neither their number nor their bytes, so that a hostile server could keep the event loop busy.
      onInfo: () => {
        informational += 1
        if (informational > MAX_INFORMATIONAL) throw new errors.HeadersOverflowError()
      },
    })
  }
}
