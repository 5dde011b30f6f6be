import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { AuditLog, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'

/** Longer than a delayed renewal on a loaded machine. */
const LEASE = '--lease-duration=10s'
const names = Array.from({ length: 200 }, (_, index) => `paused-${index}`)
const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])

describeCluster('a leader that was paused for longer than its Lease', { timeout: 300_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment

  beforeAll(async () => {
    env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    for (const name of names) await env.externalSecret(name, { password: 'db' })
  }, 300_000)
  afterAll(() => env?.[Symbol.asyncDispose]())

  it('sends no write when it resumes', async () => {
    const oldAdmin = await env.clusterAdmin('old-leader')
    const newAdmin = await env.clusterAdmin('new-leader')
    const old = await env.replica({ kubeconfigPath: oldAdmin.kubeconfigPath, args: [LEASE] })
    await old.leading()
    const next = await env.replica({ kubeconfigPath: newAdmin.kubeconfigPath, args: [LEASE] })
    await next.standingBy()
    for (const name of names) await env.untilSecret(name, { password: 'one' })

    const oldLog = await AuditLog.fromNow(cluster.auditLogPath)
    await env.simulator.put('db', 'two', 'v2')
    // Paused in the middle of its writes: the next ones are queued when it resumes.
    const isWriting = async (): Promise<boolean> => {
      const requests = await oldLog.take(oldAdmin.user)
      return requests.some(({ verb, resource }) => verb === 'patch' && resource === 'secrets')
    }
    await until('the old leader writes', isWriting, { pauseMs: 20 })
    old.program.kill('SIGSTOP')
    await next.leading()
    for (const name of names) await env.untilSecret(name, { password: 'two' })

    const resumedMs = Date.now()
    old.program.kill('SIGCONT')
    expect(await old.program.exited).toBe(1)
    const exitedMs = Date.now()
    const newLog = await AuditLog.fromNow(cluster.auditLogPath)
    // The audit log lags behind, but preserves the order of requests.
    await until('the log has what came later', async () =>
      (await newLog.take(newAdmin.user)).some(({ answeredMs }) => answeredMs > exitedMs),
    )
    const writes = (await oldLog.take(oldAdmin.user)).filter(
      ({ verb, resource, answeredMs }) => answeredMs >= resumedMs && WRITES.has(verb) && resource !== 'leases',
    )
    expect(writes).toEqual([])
    for (const text of ['was not renewed for', 'Leader election lost']) {
      expect(old.program.lines.some((line) => line.includes(text))).toBe(true)
    }
  })
})
