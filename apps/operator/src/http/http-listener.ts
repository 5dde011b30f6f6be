import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { BindAddress } from '../config/flag-value.ts'

/** Answer to one GET. */
export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Buffer
}

/** Paths that are served. */
export type HttpRoutes = Readonly<Record<string, () => HttpAnswer | Promise<HttpAnswer>>>

const TEXT = 'text/plain; charset=utf-8'

/** A plain text answer. */
export function text(status: number, body: string): HttpAnswer {
  return { status, contentType: TEXT, body: `${body}\n` }
}

/** Options of {@link HttpListener}. */
export interface HttpListenerOptions {
  /** Connections at a time: a further one ends the oldest, so that who only holds them keeps no probe out. @default 16 */
  readonly connections?: number
  /** How long a connection may take from its beginning to its end, whoever is slow. @default 10_000 */
  readonly deadlineMs?: number
}

/** Serves a few GET routes for probes and scrapers. A connection is for one request, and ends at its deadline even if nobody reads the answer. */
export class HttpListener {
  readonly #server: Server

  constructor(routes: HttpRoutes, { connections = 16, deadlineMs = 10_000 }: HttpListenerOptions = {}) {
    const asked = new WeakSet<Socket>()
    this.#server = createServer((request, response) => {
      // Who sends further requests without waiting for the first answer gets none.
      if (asked.has(request.socket)) return void request.socket.destroy()
      asked.add(request.socket)
      const path = (request.url ?? '').split('?')[0] ?? ''
      const route = Object.hasOwn(routes, path) ? routes[path] : undefined
      const answer = async (): Promise<HttpAnswer> => {
        if (!route) return text(404, `no such page; there are ${Object.keys(routes).join(', ')}`)
        if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'only GET')
        return route()
      }
      answer().then(
        (given) => send(response, given),
        () => send(response, text(500, 'failed')),
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

  /** @returns the port, for an address that left it open. @throws the system's error, such as EADDRINUSE */
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

function send(response: ServerResponse, { status, contentType, body }: HttpAnswer): void {
  const headers = { 'content-type': contentType, 'content-length': Buffer.byteLength(body), connection: 'close' }
  response.writeHead(status, headers).end(body)
}
