import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A received request. */
export interface RecordedRequest {
  readonly method: string
  readonly url: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Handles a request: responds, closes the connection, or does nothing. */
export type Respond = (response: ServerResponse, request: RecordedRequest) => void

/** A server that records its requests. Without TLS its URL is `http://ENDPOINT`. */
export interface TestServer extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly endpoint: string
  readonly port: number
  readonly seen: RecordedRequest[]
  /** Codes of failed TLS handshakes. */
  readonly refusals: readonly string[]
  /** TCP connections so far. */
  connections(): number
}

/** Starts a server on a free port; HTTPS when `tls` is given. */
export async function startTestServer(respond: Respond, tls?: ServerOptions): Promise<TestServer> {
  const seen: RecordedRequest[] = []
  const refusals: string[] = []
  let connections = 0
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const { pathname: path, searchParams: query } = new URL(url, 'http://test')
      const one = { method, url, path, query, headers, body: Buffer.concat(chunks).toString() }
      seen.push(one)
      respond(response, one)
    })
  }
  const server = tls === undefined ? createHttpServer(onRequest) : createHttpsServer(tls, onRequest)
  // A slow test must not lose a counted connection to the keep-alive timeout.
  server.keepAliveTimeout = 0
  server.on('connection', () => {
    connections += 1
  })
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => refusals.push(error.code ?? error.message))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `127.0.0.1:${port}`,
    port,
    seen,
    refusals,
    connections: () => connections,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Answers with JSON. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Respond {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
}
