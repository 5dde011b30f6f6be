import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type RecordedRequest, startTestServer } from '@ack-secret-manager/test-support/test-server'

/** An HTTP server with scripted responses instead of an API server, for tests of the wire protocol. */
export interface WireServer extends AsyncDisposable {
  /** Kubeconfig file for it. */
  readonly kubeconfig: string
}

/** Starts a server that hands each request to `respond`. */
export async function wireServer(
  respond: (request: RecordedRequest, response: ServerResponse) => void,
): Promise<WireServer> {
  const directory = await mkdtemp(path.join(tmpdir(), 'acksm-wire-'))
  const server = await startTestServer((response, request) => respond(request, response))
  const kubeconfig = path.join(directory, 'kubeconfig')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'wire', cluster: { server: `http://${server.endpoint}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'wire', user: {} }],
    contexts: [{ name: 'wire', context: { cluster: 'wire', user: 'wire' } }],
    'current-context': 'wire',
  }
  await writeFile(kubeconfig, JSON.stringify(config))
  return {
    kubeconfig,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
