import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as httpsRequest, Agent } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { KubeCredentials, KubeCredentialSource } from '../credentials/kube-credentials.ts'
import { kubeconfigCredentials } from '../credentials/kubeconfig.ts'
import { fixedCredentials } from './raw-server.ts'

/** Fault to inject instead of forwarding a request. */
export type ProxyFault =
  | { readonly kind: 'pass' }
  | { readonly kind: 'reset' }
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body: unknown
      readonly headers?: Record<string, string>
    }

/** A watch that is open through the proxy. */
export interface ProxiedWatch {
  readonly path: string
  /** Resets the connection, as a network failure does. */
  reset(): void
  /** Ends the response, as an API server does on shutdown. */
  end(): void
  /** Sends no more data and keeps the connection open (half-open connection). */
  freeze(): void
  /** Inserts bytes into the stream. */
  inject(text: string): void
}

/** Proxy between a client and the real API server that injects faults. */
export interface FaultProxy extends AsyncDisposable {
  readonly credentials: KubeCredentialSource
  /** Watches open now. */
  readonly watches: ReadonlySet<ProxiedWatch>
  /** Method and URL of every request. */
  readonly seen: readonly string[]
  /** Chooses the fault for each request. */
  onRequest: (request: { readonly method: string; readonly url: URL }) => ProxyFault
}

/** Starts a proxy to the API server of a kubeconfig. Clients use plain HTTP. */
export async function faultProxy(kubeconfigPath: string): Promise<FaultProxy> {
  const source = await kubeconfigCredentials(kubeconfigPath)
  const target = await source.load({ signal: new AbortController().signal, fresh: false })
  const agent = new Agent({
    keepAlive: true,
    ca: target.tls.ca,
    cert: target.tls.cert?.expose(),
    key: target.tls.key?.expose(),
  })
  const watches = new Set<ProxiedWatch>()
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://proxy')
    const method = request.method ?? 'GET'
    seen.push(`${method} ${url.pathname}${url.search}`)
    const fault = proxy.onRequest({ method, url })
    if (fault.kind === 'reset') request.socket.destroy()
    else if (fault.kind === 'answer') {
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
      response.end(typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body))
    } else forward({ request, response, url, target, agent, watches })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: FaultProxy = {
    credentials: fixedCredentials(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    watches,
    seen,
    onRequest: () => ({ kind: 'pass' }),
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      agent.destroy()
      await once(server, 'close')
    },
  }
  return proxy
}

interface Forwarding {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly target: KubeCredentials
  readonly agent: Agent
  readonly watches: Set<ProxiedWatch>
}

function forward({ request, response, url, target, agent, watches }: Forwarding): void {
  const headers = { ...request.headers, ...target.headers.expose(), host: new URL(target.server).host }
  const to = new URL(`${url.pathname}${url.search}`, target.server)
  const upstream = httpsRequest(to, { method: request.method, agent, headers })
  request.pipe(upstream)
  upstream.on('error', () => response.destroy())
  response.on('close', () => upstream.destroy())
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    response.flushHeaders()
    answer.pipe(response)
    if (url.searchParams.get('watch') !== 'true') return
    const watch: ProxiedWatch = {
      path: url.pathname,
      reset: () => request.socket.destroy(),
      end: () => {
        answer.unpipe(response)
        response.end()
      },
      freeze: () => {
        answer.unpipe(response)
      },
      inject: (text) => response.write(text),
    }
    watches.add(watch)
    response.on('close', () => watches.delete(watch))
  })
}
