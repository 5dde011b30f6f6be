import { credentialSource } from '@ack-secret-manager/k8s-client'
import { expect, it } from 'vitest'
import { openKubeClients } from './kube-clients.ts'
import { wireServer } from './testing/wire-server.ts'

it.each([
  ['leave connections for other requests while all workers hang', 'client', 'client', 100],
  ['keep a connection for the Lease when all others are in use', 'leaseClient', 'client', 1_000],
  ['keep a connection for the Lease while reads of other Leases hang', 'leaseClient', 'memberClient', 1_000],
] as const)('clients %s', async (_rule, which, busy, hanging) => {
  const app = { kind: 'Namespace', metadata: { name: 'app' } }
  // As with an unresponsive admission webhook.
  await using server = await wireServer((request, response) => {
    if (request.url.includes('/secrets')) return
    response.setHeader('content-type', 'application/json').end(JSON.stringify(app))
  })
  const stop = new AbortController()
  const { signal } = stop
  const credentials = await credentialSource({ kubeconfigPath: server.kubeconfig })
  const clients = openKubeClients({ concurrency: 100 }, { credentials, onRequest: () => undefined })
  const hung = Array.from({ length: hanging }, (_, index) =>
    clients[busy].mergePatch(`/api/v1/namespaces/app/secrets/${index}`, {}, { signal }).catch(() => undefined),
  )
  const response = clients[which].get('/api/v1/namespaces/app', { signal, timeoutMs: 25_000 })
  await expect(response).resolves.toEqual(app)
  stop.abort()
  await Promise.all([...hung, ...Object.values(clients).map((client) => client.close())])
})
