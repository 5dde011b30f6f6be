import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { clusterCredentials } from '@ack-secret-manager/test-support/cluster-credentials'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { EventRecorder } from './event-recorder.ts'
import { KubeClient } from '../client/kube-client.ts'
import type { KubeObject } from '../client/kube-object.ts'

describeCluster('EventRecorder on a real API server', () => {
  const cluster = useCluster()
  const { signal } = new AbortController()
  let client: KubeClient
  let subject: KubeObject

  beforeAll(async () => {
    client = new KubeClient({ credentials: await clusterCredentials(cluster) })
    subject = await client.create(
      `/api/v1/namespaces/${cluster.namespace}/configmaps`,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'subject' } },
      { signal },
    )
  })
  afterAll(() => client.close())

  it('writes events that kubectl shows, with their repeat count', async () => {
    const events = new EventRecorder({ client, instance: 'pod-1', onError: (error) => expect.fail(error.message) })
    const { name = '', uid = '' } = subject.metadata
    const regarding = { apiVersion: 'v1', kind: 'ConfigMap', namespace: cluster.namespace, name, uid }
    const long = '🔑'.repeat(1_000)
    events.record({ regarding, type: 'Normal', reason: 'Synced', message: 'version v1' })
    events.record({ regarding, type: 'Warning', reason: 'AccessDenied', message: long })
    await vi.waitFor(() => expect(events.stats.created).toBe(2), { timeout: 120_000 })
    events.record({ regarding, type: 'Normal', reason: 'Synced', message: 'version v1' })
    await events.close({ timeoutMs: 30_000 })
    expect(events.stats).toMatchObject({ created: 2, patched: 1, dropped: { overflow: 0, failed: 0 } })
    // `kubectl describe` reads the older API, which serves the same objects.
    const fieldSelector = `involvedObject.uid=${uid}`
    const { items } = await client.list(`/api/v1/namespaces/${cluster.namespace}/events`, {
      query: { fieldSelector },
      signal,
    })
    const synced = items.find((item) => item.reason === 'Synced')
    expect(synced).toMatchObject({
      type: 'Normal',
      message: 'version v1',
      reportingComponent: 'ack-secret-manager',
      series: { count: 2 },
    })
    expect(items.find((item) => item.reason === 'AccessDenied')?.message).toMatch(/^🔑+…$/u)
  })

  it('writes events of cluster-scoped objects to the namespace default', async () => {
    const namespace = await client.get(`/api/v1/namespaces/${cluster.namespace}`, { signal })
    const { name = '', uid = '' } = namespace.metadata
    const events = new EventRecorder({ client, instance: 'pod-1', onError: (error) => expect.fail(error.message) })
    const regarding = { apiVersion: 'v1', kind: 'Namespace', namespace: '', name, uid }
    events.record({ regarding, type: 'Normal', reason: 'Synced', message: 'hello' })
    await events.close({ timeoutMs: 30_000 })
    expect(events.stats.created).toBe(1)
  })
})
