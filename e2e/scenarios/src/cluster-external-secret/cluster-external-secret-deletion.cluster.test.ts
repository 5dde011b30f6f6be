import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { accessKeyStore, type KubeSecret, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type KubeExternalSecret, ManyNamespaces } from '../many-namespaces.ts'

/** The garbage collector discovers new kinds every half minute. */
const COLLECTED = { deadlineMs: 180_000 }

describeCluster('the deletion of a ClusterExternalSecret', { timeout: 600_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let namespaces: ManyNamespaces
  let store: string

  beforeAll(async () => {
    env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    store = await env.clusterStore('kms', accessKeyStore('kms-key', cluster.namespace))
    namespaces = env.use(await ManyNamespaces.open(cluster, ['a', 'b']))
    await env.leader(`--watch-namespaces=${namespaces.all.join()}`)
    await untilCollected()
  }, 240_000)
  afterAll(() => env?.[Symbol.asyncDispose]())

  const pathOf = (name: string): string =>
    `/apis/alibabacloud.com/v1alpha1/clusterexternalsecrets/${namespaces.nameOf(name)}`

  async function ask(name: string): Promise<void> {
    const secretStoreRef = { name: store, kind: 'ClusterSecretStore' }
    const externalSecretSpec = { data: [{ key: 'db', name: 'password', secretStoreRef }] }
    await namespaces.ask(name, {
      externalSecretName: name,
      externalSecretSpec,
      conditions: [{ namespaces: namespaces.all }],
    })
  }

  async function provide(name: string): Promise<void> {
    await ask(name)
    for (const letter of ['a', 'b']) await namespaces.untilSecret(letter, name, { password: 'one' })
    await namespaces.untilStatus(name, 'Provisioned', ['a', 'b'])
  }

  async function madeBy(name: string): Promise<ReadonlyArray<KubeExternalSecret | undefined>> {
    return Promise.all(['a', 'b'].map((letter) => namespaces.externalSecret(letter, name)))
  }

  async function hold(name: string, finalizers: readonly string[] | null): Promise<void> {
    await cluster.request('PATCH', pathOf(name), { metadata: { finalizers } })
  }

  async function untilGone(name: string): Promise<void> {
    const isGone = async (): Promise<boolean> => (await cluster.request('GET', pathOf(name))).status === 404
    await until(`ClusterExternalSecret ${name} is gone`, isGone, COLLECTED)
  }

  /** Until the garbage collector knows both kinds, it completes a deletion with Orphan without looking for owned objects. */
  async function untilCollected(): Promise<void> {
    await provide('first')
    await cluster.request('DELETE', pathOf('first'), { propagationPolicy: 'Foreground' })
    await untilGone('first')
    const isCollected = async (): Promise<boolean> => (await madeBy('first')).every((found) => found === undefined)
    await until('the ExternalSecrets of first are collected', isCollected, COLLECTED)
  }

  it.each([[false], [true]])('keeps its ExternalSecrets with Orphan; foreign finalizer: %s', async (isHeld) => {
    const name = isHeld ? 'orphan-held' : 'orphan'
    await provide(name)
    const before = await madeBy(name)
    if (isHeld) await hold(name, ['example.com/theirs'])
    await cluster.request('DELETE', pathOf(name), { propagationPolicy: 'Orphan' })
    const isOrphan = async (): Promise<boolean> =>
      (await madeBy(name)).every((found) => found?.metadata.ownerReferences === undefined)
    await until(`the ExternalSecrets of ${name} have no owner`, isOrphan, COLLECTED)
    const expectKept = async (later: string): Promise<void> => {
      await provide(later)
      const after = await madeBy(name)
      expect(after.map((found) => found?.metadata.uid)).toEqual(before.map((found) => found?.metadata.uid))
      for (const found of after) expect(found?.metadata.ownerReferences).toBeUndefined()
      for (const letter of ['a', 'b']) await namespaces.untilSecret(letter, name, { password: 'one' })
    }
    await expectKept(`${name}-while`)
    await hold(name, null)
    await untilGone(name)
    await expectKept(`${name}-after`)
  })

  it('loses no Secret if it is created again after Orphan, and its ExternalSecrets are deleted with Orphan, too', async () => {
    await provide('again')
    const secrets = (): Promise<KubeSecret[]> =>
      Promise.all(
        namespaces.all.map(async (namespace) => {
          const path = `/api/v1/namespaces/${namespace}/secrets/again`
          return (await cluster.request<KubeSecret>('GET', path)).body
        }),
      )
    const before = await secrets()
    await cluster.request('DELETE', pathOf('again'), { propagationPolicy: 'Orphan' })
    await untilGone('again')
    await ask('again')
    const { failedNamespaces } = await namespaces.untilStatus('again', 'Degraded', [])
    for (const { reason } of failedNamespaces) expect(reason).toContain('delete it (--cascade=orphan keeps its Secret)')
    for (const letter of ['a', 'b'])
      await cluster.request('DELETE', namespaces.pathOf(letter, 'again'), { propagationPolicy: 'Orphan' })
    await namespaces.untilStatus('again', 'Provisioned', ['a', 'b'])
    const created = await madeBy('again')
    const areOwned = async (): Promise<boolean> =>
      (await secrets()).every(({ metadata }, index) =>
        JSON.stringify(metadata.ownerReferences ?? []).includes(created[index]?.metadata.uid ?? 'none'),
      )
    await until('the Secrets have their new owners', areOwned)
    expect((await secrets()).map(({ metadata }) => metadata.uid)).toEqual(before.map(({ metadata }) => metadata.uid))
  })

  it('recreates nothing with Foreground while a foreign finalizer blocks the deletion', async () => {
    await provide('foreground')
    const before = await madeBy('foreground')
    await hold('foreground', ['example.com/theirs'])
    await cluster.request('DELETE', pathOf('foreground'), { propagationPolicy: 'Foreground' })
    await provide('foreground-while')
    // The garbage collector may delete an ExternalSecret now, or only after its owner.
    for (const [index, found] of (await madeBy('foreground')).entries()) {
      expect([undefined, before[index]?.metadata.uid]).toContain(found?.metadata.uid)
    }
    await hold('foreground', null)
    await untilGone('foreground')
    for (const letter of ['a', 'b']) await namespaces.untilSecret(letter, 'foreground', undefined)
    await provide('foreground-after')
    expect(await madeBy('foreground')).toEqual([undefined, undefined])
    for (const letter of ['a', 'b']) await namespaces.untilSecret(letter, 'foreground', undefined)
  })
})
