import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestEnvironment } from '@ack-secret-manager/testenv'

const LIE = {
  type: 'Ready',
  status: 'False',
  reason: 'Elsewhere',
  message: '',
  lastTransitionTime: '2026-01-02T03:04:05Z',
}

describeCluster('a status that another client has written', { timeout: 180_000 }, () => {
  const cluster = useCluster()
  let env: TestEnvironment

  beforeAll(async () => {
    env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    await env.externalSecret('lied-about', { password: 'db' })
    await env.apply('ClusterExternalSecret', cluster.namespace, {
      externalSecretSpec: { data: [{ key: 'db', name: 'password', secretStoreRef: { name: 'kms' } }] },
      conditions: [{ namespaceSelector: { matchLabels: { missing: 'label' } } }],
    })
    // No resync by time: a repair must come from the watch.
    await env.leader('--polling-interval=1h')
  })
  afterAll(async () => {
    await env?.[Symbol.asyncDispose]()
    await cluster.request('DELETE', `/apis/alibabacloud.com/v1alpha1/clusterexternalsecrets/${cluster.namespace}`)
  })

  it.each([
    ['ExternalSecret', 'externalsecrets', () => 'lied-about', 'Synced'],
    ['SecretStore', 'secretstores', () => 'kms', 'Ready'],
    ['ClusterExternalSecret', 'clusterexternalsecrets', () => cluster.namespace, 'NoNamespace'],
  ])('is restored: %s', async (_kind, plural, nameOf, reason) => {
    const name = nameOf()
    await env.untilReason(plural, name, reason)
    const lie = { status: { conditions: [LIE] } }
    const path = `${env.resourcePath(plural, name)}/status`
    expect((await cluster.request('PATCH', path, lie)).status).toBe(200)
    expect(await env.untilReason(plural, name, reason)).toMatchObject({ status: 'True' })
  })
})
