import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { ACCESS_KEY, accessKeyStore, NamespaceObjects, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { proxiedAdmin } from './proxied-admin.ts'

const names = Array.from({ length: 10 }, (_, index) => `ending-${index}`)

describeCluster('a namespace that is deleted', { timeout: 300_000 }, () => {
  const [cluster, recreated] = [useCluster(), useCluster()]

  it('gets no warning and no event, and is not reported as missing permissions', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    const { namespace, request } = cluster
    // The Lease and the digest key are in another namespace, as in an installation.
    const operator = await env.leader('--leader-election-namespace=default')
    for (const name of names) await env.externalSecret(name, { password: 'db' })
    for (const name of names) await env.untilSecret(name, { password: 'one' })
    // Keeps the namespace and its ExternalSecrets terminating while their Secrets are deleted.
    const path = `/apis/alibabacloud.com/v1alpha1/namespaces/${namespace}/externalsecrets`
    const finalizers = async (list: string[]): Promise<void> => {
      for (const name of names) {
        const patch = { metadata: { finalizers: list } }
        await request('PATCH', `${path}/${name}`, patch)
      }
    }
    await finalizers(['example.com/hold'])
    const eventsPath = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`
    const warnings = async (): Promise<string[]> => {
      const { body } = await request<{ items: { type: string; reason: string }[] }>('GET', eventsPath)
      return body.items.filter(({ type }) => type === 'Warning').map(({ reason }) => reason)
    }
    expect(await warnings()).toEqual([])
    await request('DELETE', `/api/v1/namespaces/${namespace}`)
    const terminating = async (): Promise<boolean> =>
      /acksm_sync_total\{result="terminating"\} [1-9]/.test(await operator.metrics())
    await until('the operator notices it', terminating)
    const gone = async (): Promise<boolean> =>
      (await Promise.all(names.map((name) => env.secret(name)))).every((secret) => secret === undefined)
    await until('its Secrets are gone', gone)
    // Syncs from here on run in a terminating namespace.
    await env.simulator.put('db', 'two', 'v2')
    await until('a sync after the deletion', async () => {
      const [, count] = /acksm_sync_total\{result="terminating"\} (\d+)/.exec(await operator.metrics()) ?? []
      return Number(count) >= names.length
    })
    expect(operator.program.lines.filter((line) => /"level":"(warn|error)"/.test(line))).toEqual([])
    expect(await warnings()).toEqual([])
    expect(await operator.metrics()).not.toMatch(/acksm_sync_total\{result="refused"\} [1-9]/)
    await finalizers([])
  })

  it('is synced soon after it was created again, although the watch of namespaces was behind', async () => {
    const home = recreated
    await using env = await TestEnvironment.start({ controlPlane: home, seed: { secrets: { db: 'one' } } })
    const { request } = home
    const namespace = `${home.namespace}-again`
    const again = new NamespaceObjects({ ...home, namespace })
    const path = `/api/v1/namespaces/${namespace}`
    const create = async (): Promise<void> => {
      await request('POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace },
      })
      await again.putSecret('kms-key', { ...ACCESS_KEY })
      await again.apply('SecretStore', 'kms', accessKeyStore('kms-key'))
      const data = [{ key: 'db', name: 'password', secretStoreRef: { name: 'kms' } }]
      await again.apply('ExternalSecret', 'web', { data })
    }
    const { proxy, kubeconfigPath } = await proxiedAdmin(env, 'operator')
    const operator = await env.replica({ kubeconfigPath, namespaces: [home.namespace, namespace] })
    await create()
    await operator.leading()
    await again.untilSecret('web', { password: 'one' })
    const hold = (finalizers: readonly string[]) =>
      request('PATCH', again.resourcePath('externalsecrets', 'web'), { metadata: { finalizers } })
    await hold(['example.com/hold'])
    const skipped = async (): Promise<number> =>
      Number(/acksm_sync_total\{result="terminating"\} (\d+)/.exec(await operator.metrics())?.[1] ?? 0)
    await request('DELETE', path)
    const before = await until('the operator notices the deletion', skipped)
    const watch = [...proxy.watches].find((each) => each.path === '/api/v1/namespaces')
    watch?.freeze()
    await hold([])
    await until('the namespace is gone', async () => (await request('GET', path)).status === 404)
    await create()
    await until('a sync is skipped', async () => (await skipped()) > before)
    watch?.reset()
    await again.untilSecret('web', { password: 'one' })
    await request('DELETE', path)
  })
})
