import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { TestEnvironment, until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'

describeCluster('a store that admits one secret per namespace', { timeout: 240_000 }, () => {
  const cluster = useCluster()

  it('admits the oldest ExternalSecret, also after a restart, and the next one after its deletion', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { a: 'one', b: 'two' } } })
    const limited = { spec: { maxSecretsPerNamespace: 1, maxReadsPerSecond: 5 } }
    await cluster.request('PATCH', env.resourcePath('secretstores', 'kms'), limited)
    const first = await env.leader('--polling-interval=1s')
    // Sorted by name it would be the last.
    await env.externalSecret('web-z', { password: 'a' })
    await env.untilSecret('web-z', { password: 'one' })
    // The creation time has a resolution of one second.
    const createdMs = Date.now()
    await until('a second is over', async () => Date.now() > createdMs + 1_000)
    await env.externalSecret('web-a', { password: 'b' })
    const { message } = await env.untilReason('externalsecrets', 'web-a', 'StoreNotAllowed')
    expect(message).toContain('has maxSecretsPerNamespace 1')

    await first.stop()
    await cluster.request('DELETE', env.secretPath('web-z'))
    await env.leader('--polling-interval=1s')
    await env.untilSecret('web-z', { password: 'one' })
    expect(await env.secret('web-a')).toBeUndefined()

    await cluster.request('DELETE', env.resourcePath('externalsecrets', 'web-z'))
    await env.untilSecret('web-a', { password: 'two' })
  })
})
