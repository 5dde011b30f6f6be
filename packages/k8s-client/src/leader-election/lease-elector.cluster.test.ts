import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { KubeClient } from '../client/kube-client.ts'
import { LeaseElector, type LeaseElectorOptions } from './lease-elector.ts'

const WAIT = { timeout: 60_000 }

describeCluster('LeaseElector on a real API server', () => {
  const cluster = useCluster()
  const { signal } = new AbortController()
  let client: KubeClient
  beforeAll(async () => {
    client = await KubeClient.fromKubeConfig({ kubeconfigPath: cluster.kubeconfigPath })
  })
  afterAll(() => client.close())

  const stand = (name: string, identity: string, options: Partial<LeaseElectorOptions> = {}): LeaseElector => {
    const elector = new LeaseElector({
      client,
      namespace: cluster.namespace,
      name,
      identity,
      retryPeriodMs: 200,
      onStartedLeading: () => {},
      ...options,
    })
    void elector.run({ signal })
    return elector
  }
  const leads = (elector: LeaseElector): Promise<void> => vi.waitFor(() => expect(elector.isLeader).toBe(true), WAIT)
  const lease = async (name: string): Promise<unknown> => {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${cluster.namespace}/leases/${name}`
    return (await client.get(path, { signal })).spec
  }

  it('hands over the lease on release', async () => {
    const first = stand('release', 'first')
    await leads(first)
    const second = stand('release', 'second')
    await vi.waitFor(() => expect(second.leader).toBe('first'), WAIT)
    expect(second.isLeader).toBe(false)
    await first.close()
    await leads(second)
    expect(first.isLeader).toBe(false)
    expect(await lease('release')).toMatchObject({
      holderIdentity: 'second',
      leaseDurationSeconds: 15,
      leaseTransitions: 1,
      renewTime: expect.stringMatching(/\.\d{6}Z$/),
    })
    await second.close()
    expect(await lease('release')).toMatchObject({ leaseDurationSeconds: 1 })
    expect(await lease('release')).not.toHaveProperty('holderIdentity', 'second')
  })

  it('takes over from a disconnected leader, which has stopped before', async () => {
    const doomed = await KubeClient.fromKubeConfig({ kubeconfigPath: cluster.kubeconfigPath })
    const short = { leaseDurationMs: 6_000, renewDeadlineMs: 4_500 }
    const first = stand('kill', 'first', { client: doomed, ...short })
    await leads(first)
    const second = stand('kill', 'second', short)
    await vi.waitFor(() => expect(second.leader).toBe('first'), WAIT)
    await doomed.close()
    await leads(second)
    expect(first.isLeader).toBe(false)
    await Promise.all([first.close(), second.close()])
  })
})
