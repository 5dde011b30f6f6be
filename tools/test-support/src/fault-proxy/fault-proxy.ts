import { once } from 'node:events'
import { createServer as createHttpServer, request as httpRequest, type Server } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, createServer as createHttpsServer, request as httpsRequest } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import { forwardResponse } from './forward-response.ts'
import type { GivenResponse, ProxiedRequest, ProxiedWatch } from './proxied-request.ts'
import type { ProxyFault } from './proxy-fault.ts'

/** Hooks for each request. A hook that returns true has killed the caller, and the request is dropped. */
export interface ProxyHook {
  before?(call: ProxiedRequest): boolean
  /** Responds in place of the service. */
  respond?(call: ProxiedRequest): GivenResponse | undefined
  /** Delays the request until the returned promise resolves. */
  hold?(call: ProxiedRequest): Promise<void> | undefined
  /** Called after the service responded and before the response is forwarded. */
  after?(call: ProxiedRequest, status: number): boolean
  /** Receives each object that the service returns: a whole body, or one event of a watch. */
  received?(call: ProxiedRequest, text: string): void
}

interface Certificate {
  readonly keyPem: string
  readonly chainPem: string
}

/** Server certificates of fault proxies. */
export interface ProxyCertificates {
  readonly first: Certificate
  readonly second: Certificate
  /** Certificate of a CA that no client trusts. */
  readonly untrusted: Certificate
  /** CAs of the first two certificates, PEM, which clients trust. */
  readonly caPem: string
}

/** Options of {@link FaultProxy.open}. */
export interface FaultProxyOptions {
  /** Name of the service, for hooks. */
  readonly service: string
  /** URL of the service. */
  readonly target: string
  /** CA of the service. */
  readonly caPem: string
  /** Certificates of the proxy. @default plain HTTP */
  readonly keys?: ProxyCertificates
  /** Client certificate for the service. @default none: the proxy forwards the token of the client */
  readonly identity?: { readonly cert: string; readonly key: string }
}

/** The fault that a proxy injects now, into one request in `every`. */
export interface ActiveFault {
  readonly fault: ProxyFault
  readonly every: number
}

/** Reverse proxy of one service that injects faults. */
export class FaultProxy implements AsyncDisposable {
  readonly url: string
  /** Open watches. */
  readonly watches: ReadonlySet<ProxiedWatch>
  /** Requests with an injected fault, by kind of fault. */
  readonly faulted = new Map<string, number>()
  hook: ProxyHook | undefined
  calls = 0
  readonly #options: FaultProxyOptions
  readonly #server: Server
  readonly #agent: HttpAgent
  readonly #sockets = new Set<Socket>()
  /** Cleanups of held requests, called when the fault ends. */
  readonly #held = new Set<() => void>()
  readonly #watches = new Set<ProxiedWatch>()
  #active: ActiveFault | undefined
  #target: string
  #forbidden: string | undefined

  private constructor(options: FaultProxyOptions, server: Server) {
    this.#options = options
    this.#server = server
    this.watches = this.#watches
    this.#target = options.target
    const isPlain = options.target.startsWith('http:')
    // The CA of a KMS instance is an intermediate certificate.
    const trust = { ca: options.caPem, allowPartialTrustChain: true, ...options.identity }
    this.#agent = isPlain ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true, ...trust })
    const scheme = options.keys === undefined ? 'http' : 'https'
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request, response) => this.#onRequest(request, response))
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  static async open(options: FaultProxyOptions): Promise<FaultProxy> {
    const { keys } = options
    // The deadlines of the client are under test, so this server has none.
    const limits = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 60_000, maxHeaderSize: 256 * 1024 }
    const server =
      keys === undefined
        ? createHttpServer(limits)
        : createHttpsServer({ ...limits, key: keys.first.keyPem, cert: keys.first.chainPem })
    // A client that does not trust the certificate closes the connection.
    server.on('tlsClientError', (_error, socket: Socket) => socket.destroy())
    server.on('clientError', (_error, socket) => socket.destroy())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FaultProxy(options, server)
  }

  /** `host:port`. */
  get host(): string {
    return new URL(this.url).host
  }

  /** Starts a fault, or ends the active one. */
  setFault(active: ActiveFault | undefined): void {
    const before = this.#active
    this.#active = active
    for (const end of this.#held) end()
    this.#held.clear()
    const isTls = [before?.fault.kind, active?.fault.kind].includes('certificate')
    if (isTls) this.#present()
    // Watch faults apply to new watches only.
    else if (active?.fault.kind.startsWith('watch-') === true) this.#cut()
  }

  /** Forwards to another server with the same CA, or to the original one. Closes open connections. */
  redirect(target: string | undefined): void {
    this.#target = target ?? this.#options.target
    this.#cut()
  }

  /**
   * Starts or stops responding 403. Closes open connections first.
   * @param pathPart part of the paths that are refused; the empty string refuses all
   */
  forbid(pathPart: string | undefined): void {
    this.#forbidden = pathPart
    if (pathPart !== undefined) this.#cut()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.setFault(undefined)
    this.#server.close()
    this.#cut()
    this.#agent.destroy()
    await once(this.#server, 'close')
  }

  #present(): void {
    const { keys } = this.#options
    const fault = this.#active?.fault
    if (!keys) return
    const shown = fault?.kind !== 'certificate' ? keys.first : fault.trusted ? keys.second : keys.untrusted
    ;(this.#server as unknown as TlsServer).setSecureContext({ key: shown.keyPem, cert: shown.chainPem })
    if (fault) this.#count(fault.kind)
    this.#cut()
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url)
    const isWatch = url.searchParams.get('watch') === 'true'
    const call: ProxiedRequest = {
      service: this.#options.service,
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      accept: request.headers.accept ?? '',
      isWatch,
    }
    if (this.hook?.before?.(call) === true) return void request.socket.destroy()
    this.calls += 1
    if (this.#forbidden !== undefined && call.path.includes(this.#forbidden)) {
      this.#count('forbidden')
      return answerStatus(response, { code: 403, reason: 'Forbidden' })
    }
    const given = this.hook?.respond?.(call)
    if (given) return sendJson(response, given)
    const active = this.#active
    const fault = active && this.calls % active.every === 0 ? active.fault : undefined
    if (fault && this.#refuse(fault, isWatch, request, response)) return
    const forward = (): void => {
      if (!response.destroyed) this.#forward(call, fault, request, response)
    }
    const held = this.hook?.hold?.(call)
    if (held) void held.then(forward)
    else forward()
  }

  /** Handles faults that do not forward the request. @returns whether it did */
  #refuse(fault: ProxyFault, isWatch: boolean, request: IncomingMessage, response: ServerResponse): boolean {
    if (isWatch !== fault.kind.startsWith('watch-') && fault.kind.startsWith('watch-')) return false
    switch (fault.kind) {
      case 'reset-before':
        this.#count(fault.kind)
        request.socket.destroy()
        return true
      case 'half-open':
        this.#count(fault.kind)
        this.#hold(() => request.socket.destroy())
        return true
      case 'garbage':
        this.#count(fault.kind)
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>unexpected page</html>')
        return true
      case 'status': {
        this.#count(fault.kind)
        const pause = fault.retryAfterSeconds
        answerStatus(response, { code: fault.status }, pause === undefined ? {} : { 'retry-after': String(pause) })
        return true
      }
      default:
        return false
    }
  }

  #forward(
    call: ProxiedRequest,
    fault: ProxyFault | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const to = new URL(request.url ?? '/', this.#target)
    const send = to.protocol === 'http:' ? httpRequest : httpsRequest
    // Some signatures include the Host header, so it stays unchanged.
    const upstream = send(to, { method: call.method, agent: this.#agent, headers: request.headers })
    request.pipe(upstream)
    upstream.on('error', () => response.destroy())
    // As on a real network, a complete request is processed even if the client disconnects. A watch ends with its client.
    response.on('close', () => {
      if (call.isWatch || !upstream.writableEnded) upstream.destroy()
    })
    upstream.on('response', (upstreamResponse) => {
      forwardResponse({
        call,
        fault,
        upstreamResponse,
        response,
        faulted: (kind) => this.#count(kind),
        hold: (end) => this.#hold(end),
        received: this.hook?.received && ((text) => this.hook?.received?.(call, text)),
        opened: (watch) => {
          this.#watches.add(watch)
          response.once('close', () => this.#watches.delete(watch))
        },
        isOver: () => !call.isWatch && this.hook?.after?.(call, upstreamResponse.statusCode ?? 0) === true,
        silent: () => this.#active?.fault.kind === 'half-open',
      })
    })
  }

  #hold(end: () => void): void {
    this.#held.add(end)
  }

  #count(kind: string): void {
    this.faulted.set(kind, (this.faulted.get(kind) ?? 0) + 1)
  }
}

/** Responds with a Status, as the API server does. */
function answerStatus(
  response: ServerResponse,
  facts: { readonly code: number; readonly reason?: string },
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', ...facts }
  sendJson(response, { status: facts.code, body, headers })
}

function sendJson(response: ServerResponse, { status, body, headers }: GivenResponse): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
