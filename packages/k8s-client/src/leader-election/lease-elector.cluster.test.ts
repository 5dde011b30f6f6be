import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { type Clock, systemClock } from '@ack-secret-manager/core'
import { clusterCredentials } from '@ack-secret-manager/test-support/cluster-credentials'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { KubeClient } from '../client/kube-client.ts'
import { LeaseElector, type LeaseElectorOptions } from './lease-elector.ts'

const WAIT = { timeout: 60_000 }
/** Far longer than the attempts of a busy machine. */
const LEASE_DURATION_MS = 600_000
const RENEW_DEADLINE_MS = 400_000

describeCluster('LeaseElector on a real API server', () => {
  const cluster = useCluster()
  const { signal } = new AbortController()
  let client: KubeClient
  beforeAll(async () => {
    client = new KubeClient({ credentials: await clusterCredentials(cluster) })
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
    let skippedMs = 0
    const clock: Clock = {
      ...systemClock,
      now: () => systemClock.now() + skippedMs,
      monotonic: () => systemClock.monotonic() + skippedMs,
    }
    const long = { clock, leaseDurationMs: LEASE_DURATION_MS, renewDeadlineMs: RENEW_DEADLINE_MS }
    let reads = 0
    const counted: LeaseElectorOptions['client'] = {
      get: (...call) => ((reads += 1), client.get(...call)),
      create: (...call) => client.create(...call),
      update: (...call) => client.update(...call),
    }
    const doomed = new KubeClient({ credentials: await clusterCredentials(cluster) })
    const first = stand('kill', 'first', { client: doomed, ...long })
    await leads(first)
    const second = stand('kill', 'second', { client: counted, ...long })
    await vi.waitFor(() => expect(second.leader).toBe('first'), WAIT)
    await doomed.close()
    // The second one has seen the last renewal when the read after it has ended.
    const before = reads
    await vi.waitFor(() => expect(reads).toBeGreaterThan(before + 1), WAIT)
    expect([first.isLeader, second.isLeader]).toEqual([true, false])
    skippedMs += RENEW_DEADLINE_MS
    expect(first.isLeader).toBe(false)
    const standby = reads
    await vi.waitFor(() => expect(reads).toBeGreaterThan(standby + 1), WAIT)
    expect(second.isLeader).toBe(false)
    skippedMs += LEASE_DURATION_MS - RENEW_DEADLINE_MS
    await leads(second)
    expect(first.isLeader).toBe(false)
    await Promise.all([first.close(), second.close()])
  })

  it('takes and renews a Lease that another client has left with unusual values', async () => {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${cluster.namespace}/leases/unusual`
    const most = 2 ** 31 - 1
    await client.create(
      path.slice(0, path.lastIndexOf('/')),
      { metadata: { name: 'unusual' }, spec: { leaseTransitions: most } },
      { signal },
    )
    const elector = stand('unusual', 'first')
    await leads(elector)
    expect(await lease('unusual')).toMatchObject({ holderIdentity: 'first', leaseTransitions: most })
    await client.mergePatch(path, { spec: { acquireTime: null } }, { signal })
    await vi.waitFor(async () => expect(await lease('unusual')).toHaveProperty('acquireTime'), WAIT)
    expect(elector.isLeader).toBe(true)
    await elector.close()
  })
})
