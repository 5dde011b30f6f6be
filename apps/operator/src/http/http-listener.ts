import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { BindAddress } from '@ack-secret-manager/command-line'

/** Response to a GET request. */
export interface HttpResponse {
  readonly status: number
  readonly contentType: string
  readonly body: string | Buffer
}

/** Handlers by path. */
export type HttpRoutes = Readonly<Record<string, () => HttpResponse | Promise<HttpResponse>>>

const TEXT = 'text/plain; charset=utf-8'

/** Creates a plain text response. */
export function text(status: number, body: string): HttpResponse {
  return { status, contentType: TEXT, body: `${body}\n` }
}

export interface HttpListenerOptions {
  /** Limit of open connections; a further one closes the oldest, so idle clients cannot block probes. @default 16 */
  readonly connections?: number
  /** Maximum lifetime of a connection. @default 10_000 */
  readonly deadlineMs?: number
}

/** Serves GET routes for probes and scrapers. A connection serves one request and is closed at its deadline. */
export class HttpListener {
  readonly #server: Server

  constructor(routes: HttpRoutes, { connections = 16, deadlineMs = 10_000 }: HttpListenerOptions = {}) {
    const served = new WeakSet<Socket>()
    this.#server = createServer((request, response) => {
      // Close connections that pipeline requests.
      if (served.has(request.socket)) return void request.socket.destroy()
      served.add(request.socket)
      const path = (request.url ?? '').split('?')[0] ?? ''
      const route = Object.hasOwn(routes, path) ? routes[path] : undefined
      const respond = async (): Promise<HttpResponse> => {
        if (!route) return text(404, `not found; available paths: ${Object.keys(routes).join(', ')}`)
        if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'method not allowed; use GET')
        return route()
      }
      respond().then(
        (result) => send(response, result),
        () => send(response, text(500, 'internal error')),
      )
    })
    const open = new Set<Socket>()
    this.#server.on('connection', (socket) => {
      const timer = setTimeout(() => socket.destroy(), deadlineMs)
      socket.once('close', () => {
        clearTimeout(timer)
        open.delete(socket)
      })
      open.add(socket)
      const [oldest] = open
      if (open.size <= connections || !oldest) return
      open.delete(oldest)
      oldest.destroy()
    })
  }

  /** @returns the port, also if the address has port 0. @throws the system's error, such as EADDRINUSE */
  async listen({ host, port }: BindAddress): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host === '' ? undefined : host, () => resolve())
    })
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }
}

function send(response: ServerResponse, { status, contentType, body }: HttpResponse): void {
  const headers = { 'content-type': contentType, 'content-length': Buffer.byteLength(body), connection: 'close' }
  response.writeHead(status, headers).end(body)
}
