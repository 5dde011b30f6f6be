import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BindAddress } from '../config/flag-value.ts'

/** Answer to one GET. */
export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** Paths that are served. */
export type HttpRoutes = Readonly<Record<string, () => HttpAnswer | Promise<HttpAnswer>>>

const TEXT = 'text/plain; charset=utf-8'

/** A plain text answer. */
export function text(status: number, body: string): HttpAnswer {
  return { status, contentType: TEXT, body: `${body}\n` }
}

/** Serves a few GET routes for probes and scrapers. */
export class HttpListener {
  readonly #server: Server

  constructor(routes: HttpRoutes) {
    this.#server = createServer((request, response) => {
      const path = (request.url ?? '').split('?')[0] ?? ''
      const route = Object.hasOwn(routes, path) ? routes[path] : undefined
      const answer = async (): Promise<HttpAnswer> => {
        if (!route) return text(404, `no such page; there are ${Object.keys(routes).join(', ')}`)
        if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'only GET')
        return route()
      }
      answer().then(
        ({ status, contentType, body }) => response.writeHead(status, { 'content-type': contentType }).end(body),
        () => response.writeHead(500, { 'content-type': TEXT }).end('failed\n'),
      )
    })
    // A scraper that is slower than this is none.
    this.#server.requestTimeout = 10_000
    this.#server.headersTimeout = 5_000
    this.#server.maxConnections = 64
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
