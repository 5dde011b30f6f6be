import type { ApiAnswer } from '@ack-secret-manager/control-plane'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { AdmissionWebhook, type KubeSecret, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'

interface Store {
  readonly metadata: { readonly resourceVersion: string }
  readonly status?: { readonly conditions: ReadonlyArray<{ readonly type: string; readonly status: string }> }
}

/** Survives a machine that pauses for some seconds: a leader gives up after two thirds of it. */
const LEASE_S = 12
/** Much longer than a standby's retry period: an earlier takeover proves that the Lease was released. */
const LONG_LEASE_S = 60
/** Backoff doubles up to five minutes. */
const PAUSES_MS = 330_000
const names = Array.from({ length: 20 }, (_, index) => `failover-${index}`)

describeCluster('two replicas', { timeout: 300_000 }, () => {
  const cluster = useCluster()

  it('say why the Lease cannot be renewed, while other requests succeed', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: {} } })
    const leader = await env.leader(`--lease-duration=${LEASE_S}s`, '--log-level=info')
    const leases = { apiGroups: ['coordination.k8s.io'], apiVersions: ['v1'], resources: ['leases'], operations: ['*'] }
    await using _ = await AdmissionWebhook.register(cluster, {
      name: `leases-${cluster.namespace}`,
      respond: () => undefined,
      fields: { name: 'leases.example.com', timeoutSeconds: 30, rules: [leases] },
    })
    expect(await leader.program.exited).toBe(1)
    expect(leader.program.lines.some((line) => line.includes('update leases'))).toBe(true)
  })

  it('continue after the leader is killed: nothing is rewritten, no value is lost, changes are followed', async () => {
    await using env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: { secrets: { db: 'one', token: 'two' } },
    })
    const leader = await env.leader('--lease-duration', `${LEASE_S}s`)
    const standby = await env.operator('--lease-duration', `${LEASE_S}s`)
    await standby.standingBy()
    for (const name of names) await env.externalSecret(name, { password: 'db', token: 'token' })
    const before = new Map<string, KubeSecret>()
    for (const name of names) before.set(name, await env.untilSecret(name, { password: 'one', token: 'two' }))
    const store = (): Promise<ApiAnswer<Store>> =>
      cluster.request<Store>('GET', env.resourcePath('secretstores', 'kms'))
    const isReachable = async (): Promise<boolean> =>
      (await store()).body.status?.conditions.some(({ type, status }) => type === 'Reachable' && status === 'True') ===
      true
    await until('the store is reachable', isReachable)
    const { resourceVersion } = (await store()).body.metadata

    leader.program.kill('SIGKILL')
    const killedMs = performance.now()
    await standby.leading()
    const tookMs = Math.round(performance.now() - killedMs)
    process.stdout.write(`take-over after kill -9: ${tookMs} ms with a lease of ${LEASE_S} s\n`)
    const found = async (): Promise<boolean> => {
      const [, count] = /acksm_sync_total\{result="none"\} (\d+)/.exec(await standby.metrics()) ?? []
      return Number(count ?? 0) >= names.length
    }
    // A failed first attempt on a busy machine is retried with a growing backoff.
    await until('the new leader has read both secrets', found, { deadlineMs: 180_000 })
    for (const name of names) {
      expect((await env.secret(name))?.metadata.resourceVersion).toBe(before.get(name)?.metadata.resourceVersion)
    }

    expect((await store()).body.metadata.resourceVersion).toBe(resourceVersion)

    await env.simulator.put('db', 'three', 'v2')
    for (const name of names) await env.untilSecret(name, { password: 'three', token: 'two' })
  })

  it('hand over at once on SIGTERM, which exits 0', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    const leader = await env.leader('--lease-duration', `${LONG_LEASE_S}s`)
    const standby = await env.operator('--lease-duration', `${LONG_LEASE_S}s`)
    await standby.standingBy()
    expect(await leader.stop()).toBe(0)
    await standby.leading(0.75 * LONG_LEASE_S * 1_000)
    await env.externalSecret('after', { password: 'db' })
    await env.untilSecret('after', { password: 'one' })
  })
})

describeCluster('an outage of the API server', { timeout: 2 * PAUSES_MS }, () => {
  it('does not stop reads; writes follow when it is available again', async () => {
    await using env = await TestEnvironment.start({
      controlPlane: {},
      seed: { secrets: { db: 'one' } },
      operators: [['--leader-elect=false']],
    })
    const { plane } = env
    await env.externalSecret('away', { password: 'db' })
    await env.untilSecret('away', { password: 'one' })
    await plane.kill('apiserver')
    await env.simulator.control('DELETE', '/calls')
    await env.simulator.put('db', 'two', 'v2')
    await until('reads go on', async () => (await env.simulator.calls()).total >= 3)
    await plane.restart('apiserver')
    await env.untilSecret('away', { password: 'two' }, PAUSES_MS)
  })
})
