import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { NamespaceObjects, TestEnvironment, textsOf, until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { ManyNamespaces } from '../many-namespaces.ts'
import { SilentWebhook } from './silent-webhook.ts'

/** Survives a machine that pauses for some seconds: a leader gives up after two thirds of it. */
const LEASE_S = 12
/** The share of workers of one namespace, and the default number of connections of a client. */
const AT_ONCE = 16
const MAX_ATTEMPTS = 4
const names = Array.from({ length: 2 * AT_ONCE }, (_, index) => `slow-${index}`)

describeCluster('slow writes in one namespace', { timeout: 400_000 }, () => {
  const cluster = useCluster()

  it('cost no leadership and do not delay other namespaces', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    await using others = await ManyNamespaces.open(cluster, ['b'])
    const other = new NamespaceObjects({ ...cluster, namespace: others.nameOf('b') })
    const leader = await env.leader(
      `--watch-namespaces=${other.cluster.namespace}`,
      '--enable-cross-namespace-secret-store',
      `--concurrency=${2 * AT_ONCE}`,
      `--lease-duration=${LEASE_S}s`,
    )
    await using webhook = await SilentWebhook.beforeSecretsOf(cluster)
    for (const name of names) await env.externalSecret(name, { password: 'db' })
    await webhook.holds(AT_ONCE)

    const leasePath = `/apis/coordination.k8s.io/v1/namespaces/${cluster.namespace}/leases/ack-secret-manager`
    const renewedMs = async (): Promise<number> => {
      const { body } = await cluster.request<{ spec: { renewTime: string } }>('GET', leasePath)
      return Date.parse(body.spec.renewTime)
    }
    const beganMs = await renewedMs()
    const ended = leader.program.exited.then((code) => `exited ${code}`)
    const renewed = until('the lease is renewed beyond its duration', async () => {
      return (await renewedMs()) > beganMs + LEASE_S * 1_000 ? 'renewed' : undefined
    })
    expect(await Promise.race([ended, renewed])).toBe('renewed')

    const secretStoreRef = { name: 'kms', namespace: cluster.namespace }
    const data = [{ key: 'db', name: 'password', secretStoreRef }]
    for (let attempt = 1; ; attempt += 1) {
      await webhook.holds(AT_ONCE)
      const { ended: endedBefore } = webhook
      await other.apply('ExternalSecret', `quick-${attempt}`, { data })
      await other.untilSecret(`quick-${attempt}`, { password: 'one' })
      // No slow write has ended, so that it did not wait for one. They end after half a minute, which a busy machine may need.
      if (webhook.ended === endedBefore) break
      expect(attempt).toBeLessThan(MAX_ATTEMPTS)
    }
  })
})

describeCluster('statuses of one namespace that hang', { timeout: 400_000 }, () => {
  const cluster = useCluster()

  it.each([
    { workers: 16, statusesAtOnce: 4 },
    { workers: 1, statusesAtOnce: 1 },
  ])(
    'do not delay the Secrets of its other resources, with --concurrency=$workers',
    async ({ workers, statusesAtOnce }) => {
      const many = Array.from({ length: 40 }, (_, index) => `status-${workers}-${index}`)
      const seed = { secrets: Object.fromEntries(many.map((name) => [name, 'zero'])) }
      await using env = await TestEnvironment.start({ controlPlane: cluster, seed })
      await env.leader(`--concurrency=${workers}`)
      for (const name of many) await env.externalSecret(name, { password: name })
      for (const name of many) await env.untilReason('externalsecrets', name, 'Synced')

      await using webhook = await SilentWebhook.beforeStatusesOf(cluster, `status-${workers}-0`)
      const put = async (text: string): Promise<void> => {
        for (const name of many) await env.simulator.put(name, text, text)
      }
      await put('one')
      for (let attempt = 1; ; attempt += 1) {
        await webhook.holds(statusesAtOnce)
        const { ended: endedBefore } = webhook
        const text = `two-${attempt}`
        await put(text)
        // The Secret of a resource whose own status hangs follows when that request has ended.
        await until('all other Secrets have the new value', async () => {
          const secrets = await Promise.all(many.map((name) => env.secret(name)))
          const updated = secrets.filter((secret) => secret && textsOf(secret)['password'] === text)
          return updated.length >= many.length - statusesAtOnce
        })
        // No status has ended meanwhile. They end after half a minute, which a busy machine may need.
        if (webhook.ended === endedBefore) break
        expect(attempt).toBeLessThan(MAX_ATTEMPTS)
      }
    },
  )
})
