import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** An HTTP server with scripted responses instead of an API server, for tests of the wire protocol. */
export interface WireServer extends AsyncDisposable {
  /** Kubeconfig file for it. */
  readonly kubeconfig: string
}

/** Starts a server that hands each request to `answer`. */
export async function wireServer(answer: RequestListener): Promise<WireServer> {
  const directory = await mkdtemp(path.join(tmpdir(), 'acksm-wire-'))
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const kubeconfig = path.join(directory, 'kubeconfig')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'wire', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'wire', user: {} }],
    contexts: [{ name: 'wire', context: { cluster: 'wire', user: 'wire' } }],
    'current-context': 'wire',
  }
  await writeFile(kubeconfig, JSON.stringify(config))
  return {
    kubeconfig,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
