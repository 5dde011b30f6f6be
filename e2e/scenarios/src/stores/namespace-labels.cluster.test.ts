import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { NamespaceObjects, TestEnvironment, type TestNamespace } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'

const SELECTOR = { namespaceSelector: { matchLabels: { staff: 'yes' } } }

describeCluster('a SecretStore that selects namespaces by their labels', { timeout: 240_000 }, () => {
  const [home, tenant, narrow] = [useCluster(), useCluster(), useCluster()]

  const restrict = (env: TestEnvironment, conditions: readonly object[]) =>
    env.cluster.request('PATCH', env.resourcePath('secretstores', 'kms'), { spec: { conditions } })
  async function start(controlPlane: TestNamespace): Promise<TestEnvironment> {
    const env = await TestEnvironment.start({ controlPlane, seed: { secrets: { a: 'one' } } })
    await restrict(env, [SELECTOR])
    return env
  }

  it('admits a namespace when it gets the label, and no longer when it loses it', async () => {
    await using env = await start(home)
    const other = new NamespaceObjects(tenant)
    const operator = await env.replica({
      namespaces: [home.namespace, tenant.namespace],
      args: ['--enable-cross-namespace-secret-store', '--polling-interval=1s'],
    })
    await operator.leading()
    await env.externalSecret('web', { password: 'a' })
    const secretStoreRef = { name: 'kms', namespace: home.namespace }
    await other.apply('ExternalSecret', 'web', { data: [{ key: 'a', name: 'password', secretStoreRef }] })
    for (const each of [env, other]) await each.untilReason('externalsecrets', 'web', 'StoreNotAllowed')
    const resource = async () => (await home.request('GET', env.resourcePath('externalsecrets', 'web'))).body

    const untouched = await resource()
    await other.labelNamespace({ staff: 'yes' })
    await other.untilSecret('web', { password: 'one' })
    expect([await resource(), await env.secret('web')]).toEqual([untouched, undefined])

    await env.labelNamespace({ staff: 'yes' })
    await env.untilSecret('web', { password: 'one' })
    const before = await other.secret('web')
    await other.labelNamespace({ staff: 'no' })
    await other.untilReason('externalsecrets', 'web', 'StoreNotAllowed')
    await env.simulator.put('a', 'two')
    await env.untilSecret('web', { password: 'two' })
    expect(await other.secret('web')).toEqual(before)
  })

  it('names the flag without which the operator watches no labels, and admits namespaces by name', async () => {
    await using env = await start(narrow)
    await env.labelNamespace({ staff: 'yes' })
    await env.leader('--process-cluster-secret-store=false', '--process-cluster-external-secret=false')
    await env.externalSecret('web', { password: 'a' })
    const { message } = await env.untilReason('externalsecrets', 'web', 'StoreNotAllowed')
    expect(message).toContain('its labels are not watched without --process-cluster-secret-store')
    await restrict(env, [SELECTOR, { namespaces: [narrow.namespace] }])
    await env.untilSecret('web', { password: 'one' })
  })
})
