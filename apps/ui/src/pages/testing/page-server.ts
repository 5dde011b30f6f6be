import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type {
  ActionRequest,
  ActionResult,
  ApiFailure,
  Delta,
  PushSecretDetail,
  ResourceDetail,
  Snapshot,
  StoreDetail,
} from '../../model/views/index.ts'
import { SECURITY_HEADERS } from '../../server/http/request-guard.ts'
import { builtPages } from './built-pages.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
}

const BASE = '/7c1f09b2/'

/** Serves the built pages with the headers of the server and prepared data, so that a test can show any state. */
export class PageServer {
  /** Undefined: the stream is open, and sends nothing. */
  snapshot: Snapshot | undefined
  resourceDetails: (key: string) => ResourceDetail | undefined = () => undefined
  storeDetails: (id: string) => StoreDetail | undefined = () => undefined
  pushSecretDetails: (id: string) => PushSecretDetail | undefined = () => undefined
  actionResult: ActionResult = { result: 'done', message: 'is refreshed' }
  /** Status of the stream and the details. */
  status = 200
  readonly actions: ActionRequest[] = []
  /** `Last-Event-ID` of each connection to the stream. */
  readonly lastIds: (string | undefined)[] = []
  readonly #streams = new Set<ServerResponse>()
  readonly #server = createServer((request, response) => void this.#respond(request, response))
  #directory = ''
  #sequence = 0

  async start(): Promise<string> {
    this.#directory = await builtPages()
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${BASE}`
  }

  send(delta: Delta): void {
    this.#sequence++
    for (const stream of this.#streams) write(stream, 'delta', delta, this.#id)
  }

  end(): void {
    for (const stream of this.#streams) {
      write(stream, 'end', {}, this.#id)
      stream.end()
    }
  }

  /** Closes all streams, as if the server had failed. */
  drop(): void {
    for (const stream of this.#streams) stream.destroy()
    this.#streams.clear()
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get #id(): string {
    return `e1-${this.#sequence}`
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://page')
    const route = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : '-'
    if (route === 'api/v1/stream') return this.#stream(request, response)
    if (route === 'api/v1/actions') return this.#act(request, response)
    if (route.startsWith('api/v1/')) return this.#detail(route.slice('api/v1/'.length), response)
    try {
      const content = readFileSync(path.join(this.#directory, route === '' ? 'index.html' : route))
      response.writeHead(200, {
        'content-type': TYPES[path.extname(route === '' ? '.html' : route)] ?? TYPES['.html'],
        ...SECURITY_HEADERS,
      })
      response.end(content)
    } catch {
      response.writeHead(404).end()
    }
  }

  #stream(request: IncomingMessage, response: ServerResponse): void {
    this.lastIds.push(request.headers['last-event-id'] as string | undefined)
    if (this.status !== 200) return fail(response, this.status)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.flushHeaders()
    this.#streams.add(response)
    response.on('close', () => this.#streams.delete(response))
    if (this.snapshot !== undefined) write(response, 'snapshot', this.snapshot, this.#id)
  }

  #detail(route: string, response: ServerResponse): void {
    const [collection, ...names] = route.split('/').map(decodeURIComponent)
    const detail = this.#detailOf(collection, names)
    if (this.status !== 200) return fail(response, this.status)
    if (detail === undefined) return fail(response, 404)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(detail))
  }

  #detailOf(collection: string | undefined, names: readonly string[]) {
    const ref = names.join('/')
    switch (collection) {
      case 'externalsecrets':
        return this.resourceDetails(ref)
      case 'pushsecrets':
        return this.pushSecretDetails(`PushSecret ${ref}`)
      case 'secretstores':
        return this.storeDetails(`SecretStore ${ref}`)
      default:
        return this.storeDetails(`ClusterSecretStore ${ref}`)
    }
  }

  async #act(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const part of request) body += String(part)
    this.actions.push(JSON.parse(body) as ActionRequest)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(this.actionResult))
  }
}

function write(stream: ServerResponse, event: string, data: unknown, id: string): void {
  stream.write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`)
}

function fail(response: ServerResponse, status: number): void {
  const body: ApiFailure = { error: { code: 'internal', message: `the test answers with status ${status}` } }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
