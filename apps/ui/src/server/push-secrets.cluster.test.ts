import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { crds } from '@ack-secret-manager/resources'
import { canary } from '@ack-secret-manager/test-support/canary'
import { AuditLog, installCrds, until } from '@ack-secret-manager/testenv'
import { beforeAll, expect, it } from 'vitest'
import type { PushSecretDetail } from '../model/views/push-secret.ts'
import type { Delta, Snapshot } from '../model/views/wire.ts'
import { pushed, pushSecret, pushStatus } from '../testing/push-secrets.ts'
import { type EventReader, isPushSecretIncomplete, TestServer } from '../testing/test-server.ts'

const VALUE = canary('ui-push')

describeCluster('PushSecrets on a page', { timeout: 240_000 }, () => {
  const cluster = useCluster()
  const ns = cluster.namespace
  const collection = `/apis/alibabacloud.com/v1alpha1/namespaces/${ns}/pushsecrets`
  const secrets = `/api/v1/namespaces/${ns}/secrets`

  const create = async (name: string, spec: object = {}): Promise<void> => {
    const object = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'PushSecret', metadata: { name } }
    const created = await cluster.request('POST', collection, {
      ...object,
      spec: { ...pushSecret(name).spec, ...spec },
    })
    if (created.status !== 201) throw new Error(JSON.stringify(created.body))
  }
  const report = async (name: string, status: object): Promise<void> => {
    const { status: code, body } = await cluster.request('PATCH', `${collection}/${name}/status`, { status })
    if (code !== 200) throw new Error(JSON.stringify(body))
  }
  const versioned = (versionId: string): object =>
    pushStatus('TargetConflict', 'not ours', [
      pushed('shop/web', 'Pushed', { versionId, lastPushTime: '2026-11-29T03:12:00Z' }),
      pushed('shop/other', 'Failed', { reason: 'not ours' }),
    ])

  beforeAll(async () => {
    await installCrds(cluster.request, crds())
    const annotations = { note: VALUE }
    await cluster.request('POST', secrets, {
      metadata: { name: 'credentials', annotations },
      stringData: { password: VALUE },
    })
    await create('web', { deletionPolicy: 'Delete' })
    await create('new')
    await report('web', versioned('acksm-1-a'))
  })

  const open = async () => {
    const client = await KubeClient.fromKubeConfig({ kubeconfigPath: cluster.kubeconfigPath })
    return TestServer.ofTest(client, ns)
  }
  /** A detail, again until all of its parts are read: the server waits for them two seconds only. */
  const detailOf = (server: TestServer, name: string): Promise<PushSecretDetail> =>
    until(`all parts of ${name} are read`, async () => {
      const { status, body } = await server.page(`pushsecrets/${ns}/${name}`)
      expect([status, body.includes(VALUE)]).toEqual([200, false])
      const detail = JSON.parse(body) as PushSecretDetail
      return !isPushSecretIncomplete(detail) && detail
    })
  const id = (name: string): string => `PushSecret ${ns}/${name}`
  /** Resolves after a change of the detail of `web` that passes. Changes of other parts, such as their first reads, may come before. */
  const untilDetail = async (
    server: TestServer,
    page: EventReader,
    passes: (detail: PushSecretDetail) => boolean,
  ): Promise<void> => {
    do await page.until(({ data }) => (data as Delta).touched?.includes(id('web')) ?? false)
    while (!passes(await detailOf(server, 'web')))
  }

  it('are rows, counts, problems and details, and follow each change', async () => {
    const server = await open()
    using reader = await server.stream()
    let seen: Partial<Snapshot> = {}
    await reader.until(({ data }) => {
      seen = { ...seen, ...(data as Partial<Snapshot>) }
      return seen.overview?.pushSecrets.counts.total === 2 && seen.cluster?.state === 'live'
    })
    using page = await server.stream()
    const { data } = await page.until(({ event }) => event === 'snapshot')
    const { pushSecrets, overview, cluster: whole } = data as Snapshot
    expect(whole.state).toBe('live')
    expect(pushSecrets.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toMatchObject([
      { id: id('new'), state: 'pending', secret: 'credentials', total: 0 },
      { id: id('web'), state: 'degraded', reason: 'TargetConflict', total: 2, failed: 1 },
    ])
    expect(overview.pushSecrets).toMatchObject({
      counts: { total: 2, ready: 0, degraded: 1, failing: 0, pending: 1 },
      problems: [
        { reason: 'TargetConflict', pushSecrets: [id('web')] },
        { reason: 'Unknown', pushSecrets: [id('new')] },
      ],
    })

    const log = await AuditLog.fromNow(cluster.auditLogPath)
    expect(await detailOf(server, 'web')).toMatchObject({
      source: { namespace: ns, name: 'credentials', state: 'present', isPolled: false },
      targets: [
        { key: 'shop/web', state: 'Pushed', versionId: 'acksm-1-a' },
        { key: 'shop/other', state: 'Failed', message: 'not ours' },
      ],
      policies: { deletion: 'Delete' },
      events: { state: 'known' },
    })
    const asked: string[] = []
    // A watch begins after the list that the page shows.
    await until('the watch of the Secret has begun', async () => {
      const requests = (await log.take('admin')).filter((each) => each.resource === 'secrets' && each.namespace === ns)
      asked.push(...requests.map(({ verb, name }) => `${verb} ${name}`))
      return asked.some((request) => request.startsWith('watch '))
    })
    expect(new Set(asked)).toEqual(new Set(['list credentials', 'watch credentials']))
    // Its row is the same.
    await report('web', versioned('acksm-2-b'))
    await untilDetail(server, page, ({ targets }) => targets[0]?.versionId === 'acksm-2-b')
    await cluster.request('DELETE', `${secrets}/credentials`)
    await untilDetail(server, page, ({ source }) => source?.state === 'missing')
    await cluster.request('DELETE', `${collection}/new`)
    await page.until(({ data: each }) => (each as Delta).pushSecrets?.removed.includes(id('new')) ?? false)
    expect((await server.page(`pushsecrets/${ns}/new`)).status).toBe(404)
    expect((await server.page(`pushsecrets/${ns}/..%2fweb`)).status).toBe(404)
  })
})
