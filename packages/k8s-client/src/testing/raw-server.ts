import type { ServerResponse } from 'node:http'
import { Sensitive } from '@ack-secret-manager/core'
import { type RecordedRequest, startTestServer, type TestServer } from '@ack-secret-manager/test-support/test-server'
import type { KubeCredentialSource } from '../credentials/kube-credentials.ts'

/** HTTP server for transport faults. The semantics of the API server are tested on a real one. */
export interface RawServer extends TestServer {
  readonly url: string
  /** Credentials for this server. */
  readonly credentials: KubeCredentialSource
}

/** Starts a server that passes each request to `handler`. */
export async function rawServer(
  handler: (request: RecordedRequest, response: ServerResponse) => void | Promise<void>,
): Promise<RawServer> {
  const server = await startTestServer((response, request) => void handler(request, response))
  const url = `http://${server.endpoint}`
  return { ...server, url, credentials: fixedCredentials(url) }
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
