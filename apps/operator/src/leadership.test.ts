import { credentialSource, KubeClient } from '@ack-secret-manager/k8s-client'
import { expect, it, onTestFinished } from 'vitest'
import { lead } from './leadership.ts'
import { LeadershipFence } from './leadership-fence.ts'
import { wireServer } from './testing/wire-server.ts'

/** A client of a server that hands each request to `respond`. */
async function clientOf(respond: Parameters<typeof wireServer>[0]): Promise<KubeClient> {
  const server = await wireServer(respond)
  const client = new KubeClient({ credentials: await credentialSource({ kubeconfigPath: server.kubeconfig }) })
  onTestFinished(async () => {
    await client.close()
    await server[Symbol.asyncDispose]()
  })
  return client
}

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/ops/leases/lease'

it('renews the Lease on connections that no read of other Leases uses', async () => {
  const seen = new Set<string>()
  let lease: object | undefined
  const client = await clientOf((request, response) => {
    seen.add(`${request.method} ${request.url.split('?')[0]}`)
    if (request.body !== '') lease = JSON.parse(request.body) as object
    const status = { kind: 'Status', code: 404 }
    response.writeHead(lease === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(lease ?? status))
  })
  let reads = 0
  let isRead: () => void = () => undefined
  const bothRead = new Promise<void>((resolve) => (isRead = resolve))
  // They hang.
  const memberClient = await clientOf(() => (reads += 1) === 2 && isRead())
  const watchClient = await clientOf(() => undefined)
  const stop = new AbortController()
  const none = (): void => undefined
  const led = lead(
    {
      client,
      memberClient,
      watchClient,
      fence: new LeadershipFence(),
      elect: true,
      namespace: 'ops',
      name: 'lease',
      shards: 1,
      identity: 'a',
      scope: '',
      leaseDurationMs: 60_000,
      onStopped: async () => undefined,
      refreshed: async () => undefined,
      onActive: none,
      onOwnership: async () => undefined,
      onSlot: none,
      onNewLeader: none,
      onMember: none,
      onError: none,
      onFault: none,
      onResourceVersionRollback: none,
      forbidden: new AbortController().signal,
      work: () => ({ resources: 0, domainCount: 0, domains: [] }),
      log: { info: none },
    },
    stop.signal,
  )
  await bothRead
  stop.abort()
  expect(await led).toBe('released')
  expect([...seen]).toEqual([`GET ${LEASE}`, `POST ${LEASE.slice(0, LEASE.lastIndexOf('/'))}`, `PUT ${LEASE}`])
})
