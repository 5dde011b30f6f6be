import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Sensitive } from '@ack-secret-manager/core'
import type { KubeCredentialSource } from '../credentials/kube-credentials.ts'

/** A received request. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** HTTP server for transport faults. The semantics of the API server are tested on a real one. */
export interface RawServer extends AsyncDisposable {
  readonly url: string
  readonly seen: readonly SeenRequest[]
  /** Connections accepted so far. */
  readonly connections: number
  /** Credentials for this server. */
  readonly credentials: KubeCredentialSource
}

/** Starts a server that passes each request to `answer`. */
export async function rawServer(
  answer: (request: SeenRequest, response: ServerResponse) => void | Promise<void>,
): Promise<RawServer> {
  const seen: SeenRequest[] = []
  let connections = 0
  const server = createServer((incoming, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk)
      const url = new URL(incoming.url ?? '/', 'http://localhost')
      const { method = '', headers } = incoming
      const body = Buffer.concat(chunks).toString('utf8')
      const request = { method, path: url.pathname, query: url.searchParams, headers, body }
      seen.push(request)
      await answer(request, response)
    })()
  })
  // Keep idle connections open, because tests count them.
  server.keepAliveTimeout = 0
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    seen,
    get connections() {
      return connections
    },
    credentials: fixedCredentials(url),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Credentials with only an address. */
export function fixedCredentials(server: string): KubeCredentialSource {
  return {
    description: 'a test',
    namespace: undefined,
    load: async () => ({ server, tls: {}, headers: new Sensitive({}) }),
  }
}

/** Sends a JSON response. */
export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
