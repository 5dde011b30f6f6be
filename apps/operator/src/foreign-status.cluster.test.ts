import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Scene } from './testing/scene.ts'

const LIE = {
  type: 'Ready',
  status: 'False',
  reason: 'Elsewhere',
  message: '',
  lastTransitionTime: '2026-01-02T03:04:05Z',
}

describeCluster('a status that somebody else has written', { timeout: 180_000 }, () => {
  const cluster = useCluster()
  let scene: Scene

  beforeAll(async () => {
    scene = await Scene.open({ ...cluster, secrets: { db: 'one' } })
    await scene.externalSecret('lied-about', { password: 'db' })
    await scene.apply('ClusterExternalSecret', cluster.namespace, {
      externalSecretSpec: { data: [{ key: 'db', name: 'password', secretStoreRef: { name: 'kms' } }] },
      conditions: [{ namespaceSelector: { matchLabels: { nobody: 'has' } } }],
    })
    // No look at the clock's: what is set right is set right because it was seen.
    await (await scene.operator('--polling-interval=1h')).leading()
  })
  afterAll(async () => {
    await scene?.[Symbol.asyncDispose]()
    await cluster.request('DELETE', `/apis/alibabacloud.com/v1alpha1/clusterexternalsecrets/${cluster.namespace}`)
  })

  it.each([
    ['ExternalSecret', 'externalsecrets', () => 'lied-about', 'Synced'],
    ['SecretStore', 'secretstores', () => 'kms', 'Ready'],
    ['ClusterExternalSecret', 'clusterexternalsecrets', () => cluster.namespace, 'NoNamespace'],
  ])('is set right: %s', async (_kind, plural, nameOf, reason) => {
    const name = nameOf()
    await scene.untilReason(plural, name, reason)
    const lie = { status: { conditions: [LIE] } }
    const contentType = 'application/merge-patch+json'
    const path = `${scene.resourcePath(plural, name)}/status`
    expect((await cluster.request('PATCH', path, lie, { contentType })).status).toBe(200)
    expect(await scene.untilReason(plural, name, reason)).toMatchObject({ status: 'True' })
  })
})
