import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { crds } from '@ack-secret-manager/resources'
import { AuditLog, forEachIndex, installCrds } from '@ack-secret-manager/testenv'
import { beforeAll, expect, it } from 'vitest'
import type { Delta, Snapshot } from '../model/views/wire.ts'
import { externalSecret, statusOf } from '../testing/objects.ts'
import { TestServer } from '../testing/test-server.ts'

/** More than one part of a snapshot has. `npm run ui-bench` has the figures, also of more. */
const RESOURCES = 1_200
const MAX_ROW_BYTES = 500
const IDLE_MS = 3_000

describeCluster('a page of many resources', { timeout: 600_000 }, () => {
  const cluster = useCluster()
  const ns = cluster.namespace
  const collection = `/apis/alibabacloud.com/v1alpha1/namespaces/${ns}/externalsecrets`

  beforeAll(async () => {
    await installCrds(cluster.request, crds())
    await forEachIndex(RESOURCES, 16, async (index) => {
      const { spec, metadata } = externalSecret(`r${index}`)
      const created = await cluster.request('POST', collection, {
        apiVersion: 'alibabacloud.com/v1alpha1',
        kind: 'ExternalSecret',
        metadata: { name: metadata.name },
        spec,
      })
      if (created.status !== 201) throw new Error(JSON.stringify(created.body))
      await setStatus(
        `r${index}`,
        index % 3 === 0
          ? statusOf('Stale', `KMS secret "s${index}" at kms.example: unavailable (HTTP 503)`, { keyCount: 1 })
          : statusOf('Synced', '1 key up to date', { keyCount: 1 }),
      )
    })
  }, 600_000)

  const setStatus = async (name: string, status: object): Promise<void> => {
    const path = `${collection}/${name}/status`
    const { status: code, body } = await cluster.request('PATCH', path, { status })
    if (code !== 200) throw new Error(JSON.stringify(body))
  }

  it('arrives in parts, is small, follows a change, and asks nothing while idle', async () => {
    const user = 'ui-scale'
    const client = await KubeClient.fromKubeConfig({ kubeconfigPath: cluster.kubeconfigPath, userAgent: user })
    const server = await TestServer.ofTest(client, ns)
    using reader = await server.stream()
    await reader.until(({ data }) => (data as Delta).overview?.counts.total === RESOURCES)
    // As a page that is opened later.
    using second = await server.stream()
    const { data, id } = await second.until(({ event }) => event === 'snapshot')
    const snapshot = data as Snapshot
    const rest = await second.next()
    const others = (rest?.data as Delta | undefined)?.resources?.set ?? []
    expect([id, rest?.id]).toEqual(['', expect.stringMatching(/-\d+$/)])
    expect(new Set([...snapshot.resources, ...others].map(({ key }) => key)).size).toBe(RESOURCES)
    expect(snapshot.overview).toMatchObject({
      counts: { total: RESOURCES, ready: Math.floor((RESOURCES * 2) / 3), degraded: Math.ceil(RESOURCES / 3) },
      causes: [{ reason: 'Stale', count: Math.ceil(RESOURCES / 3), cause: 'HTTP 503 at kms.example' }],
    })
    const bytes = JSON.stringify(snapshot).length + JSON.stringify(others).length
    expect(bytes / RESOURCES).toBeLessThan(MAX_ROW_BYTES)

    await setStatus('r0', statusOf('Synced', 'now', { keyCount: 1 }))
    await second.until(
      (event) =>
        (event.data as Delta).resources?.set.some(({ name, state }) => name === 'r0' && state === 'ready') ?? false,
    )

    const log = await AuditLog.fromNow(cluster.auditLogPath)
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
    const idle = (await log.take('admin')).filter(({ verb }) => verb !== 'watch')
    expect(idle.map(({ verb, resource }) => `${verb} ${resource}`)).toEqual([])
  })
})
