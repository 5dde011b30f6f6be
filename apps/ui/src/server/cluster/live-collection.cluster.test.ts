import { systemClock } from '@ack-secret-manager/core'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { expect, it, onTestFinished } from 'vitest'
import { LiveCollection, type LiveCollectionOptions } from './live-collection.ts'
import { type DetailRef, OpenDetails } from './open-details.ts'

describeCluster('what the pages watch', { timeout: 120_000 }, () => {
  const cluster = useCluster()
  const path = '/api/v1/configmaps'
  const collection = `/api/v1/namespaces/${cluster.namespace}/configmaps`

  const clientOf = async (): Promise<KubeClient> => {
    const client = await KubeClient.fromKubeConfig({ kubeconfigPath: cluster.kubeconfigPath })
    onTestFinished(() => client.close())
    return client
  }
  const put = async (name: string, value: string): Promise<void> => {
    const data = { value }
    const created = await cluster.request('POST', collection, { metadata: { name }, data })
    if (created.status === 409) await cluster.request('PATCH', `${collection}/${name}`, { data })
  }
  const watch = async (options: Partial<LiveCollectionOptions<{ readonly value: string }, 'Test'>>) => {
    const stop = new AbortController()
    let changes = 0
    const watched = new LiveCollection<{ readonly value: string }, 'Test'>({
      client: await clientOf(),
      clock: systemClock,
      kind: 'Test',
      path,
      namespace: cluster.namespace,
      // A controller creates it some time after the namespace.
      fieldSelector: 'metadata.name!=kube-root-ca.crt',
      project: ({ data }) => ({ value: (data as { readonly value?: string } | undefined)?.value ?? '' }),
      onChange: () => {
        changes += 1
      },
      ...options,
    })
    const run = watched.run(stop.signal)
    onTestFinished(async () => {
      stop.abort()
      await run
    })
    await watched.read(AbortSignal.timeout(120_000))
    return { watched, changes: () => changes }
  }
  const valueOf = (of: LiveCollection<{ readonly value: string }, 'Test'>, name: string): string | undefined =>
    of.get(`${cluster.namespace}/${name}`)?.value

  it('keeps the same object, and says nothing, while what is kept of it does not change', async () => {
    await put('a', '1')
    const { watched, changes } = await watch({})
    const [before, known] = [watched.get(`${cluster.namespace}/a`), changes()]
    await cluster.request('PATCH', `${collection}/a`, { metadata: { labels: { touched: 'yes' } } })
    await put('b', '1')
    await expect.poll(() => valueOf(watched, 'b')).toBe('1')
    expect(watched.get(`${cluster.namespace}/a`)).toBe(before)
    expect(changes()).toBe(known + 1)
    await put('a', '2')
    await expect.poll(() => valueOf(watched, 'a')).toBe('2')
    await cluster.request('DELETE', `${collection}/a`)
    await expect.poll(() => valueOf(watched, 'a')).toBeUndefined()
  })

  it('drops the oldest beyond a limit', async () => {
    const { watched } = await watch({ maxObjects: 3 })
    for (const name of ['m1', 'm2', 'm3', 'm4', 'm5']) await put(name, name)
    await expect.poll(() => valueOf(watched, 'm5')).toBe('m5')
    expect([...watched.values()].map(({ value }) => value)).toEqual(['m3', 'm4', 'm5'])
    expect(watched.view.count).toBe(3)
  })

  it('watches the four objects that were asked for last, and names those that it leaves', async () => {
    const left: string[] = []
    const details = new OpenDetails({ client: await clientOf(), clock: systemClock, onChange: (id) => left.push(id) })
    onTestFinished(() => details.close())
    const ref = (name: string, secret = name): DetailRef => ({
      id: `${cluster.namespace}/${name}`,
      kind: 'ExternalSecret',
      namespace: cluster.namespace,
      name,
      uid: `uid-${name}`,
      secret,
    })
    const first = details.open(ref('a'))
    for (const name of ['b', 'c', 'd']) details.open(ref(name))
    expect(details.open(ref('a'))).toBe(first)
    expect(details.open(ref('a', 'another'))).not.toBe(first)
    details.open(ref('e'))
    expect(left).toEqual([`${cluster.namespace}/b`])
    const events = details.open(ref('e')).events
    await events.read(AbortSignal.timeout(120_000))
    expect(events.state).toBe('live')
    details.closeAll()
    expect(details.open(ref('e')).events).not.toBe(events)
    await details.close()
  })
})
