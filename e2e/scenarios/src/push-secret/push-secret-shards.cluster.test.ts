import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { accessKeyStore, metricValue, type OperatorProcess, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { PUSH_ACTIONS } from './push-environment.ts'

/** Quota domains: one AccessKey each, whose Secrets have these numbers. */
const DOMAINS = [0, 1, 2, 4, 9, 10]
const keyOf = (domain: number) => ({ id: `LTAI5tPush${domain}`, secret: `push-key-${domain}` })
/** Survives a machine that pauses for some seconds: a leader gives up after two thirds of it. */
const LEASE_S = 12

interface State {
  readonly versions: readonly { readonly data: string }[]
}

describeCluster('PushSecrets with two shards', { timeout: 300_000 }, () => {
  const cluster = useCluster()

  it('are each pushed by the owner of their domain alone, and by the other one after its end', async () => {
    const allow = [{ actions: PUSH_ACTIONS, resources: ['*'] }]
    await using env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: () => ({ accessKeys: DOMAINS.map((domain) => ({ ...keyOf(domain), allow })), secrets: [] }),
    })
    const put = (value: string): Promise<void> => env.putSecret('source', { value })
    await put('one')
    for (const domain of DOMAINS) {
      await env.putSecret(`key-${domain}`, keyOf(domain))
      const store = { ...accessKeyStore(`key-${domain}`), allowPush: [{ secrets: ['**'] }] }
      await env.apply('SecretStore', `store-${domain}`, store)
      await env.apply('PushSecret', `push-${domain}`, {
        secretStoreRef: { name: `store-${domain}` },
        selector: { name: 'source' },
        data: [{ key: `pushed/${domain}`, secretKey: 'value' }],
      })
    }
    const flags = ['--process-push-secret', '--shards=2', `--lease-duration=${LEASE_S}s`]
    const members = await Promise.all([1, 2].map(() => env.operator(...flags)))
    const untilPushed = (...values: readonly string[]): Promise<unknown> =>
      until(`every KMS secret has ${values.join(', ')}`, async () => {
        const states = await Promise.all(
          DOMAINS.map((domain) => fetch(new URL(`/secrets/pushed/${domain}`, env.simulator.ready.control))),
        )
        if (states.some(({ ok }) => !ok)) return false
        const found = (await Promise.all(states.map((state) => state.json()))) as State[]
        return found.every(({ versions }) => versions.map(({ data }) => data).join() === values.join())
      })
    const pushesOf = (member: OperatorProcess): Promise<number> =>
      member.metrics().then((page) => metricValue(page, 'acksm_push_total{result="pushed"}'))

    await untilPushed('one')
    await until('both members work', async () => {
      const pages = await Promise.all(members.map((member) => member.metrics()))
      return pages.every((page) => metricValue(page, 'acksm_members') === 2)
    })
    await put('two')
    await untilPushed('one', 'two')
    // A push is counted after it is confirmed.
    const pushes = await until('every push is counted', async () => {
      const counts = await Promise.all(members.map(pushesOf))
      return counts.reduce((sum, count) => sum + count, 0) >= 2 * DOMAINS.length && counts
    })
    expect(pushes[0]).toBeGreaterThan(0)
    expect(pushes[1]).toBeGreaterThan(0)
    // A push is counted by the member that made it: nothing was pushed twice.
    expect(pushes.reduce((sum, count) => sum + count, 0)).toBe(2 * DOMAINS.length)

    const [killed] = members as [OperatorProcess, OperatorProcess]
    killed.program.kill()
    await killed.program.exited
    await put('three')
    await untilPushed('one', 'two', 'three')
  })
})
