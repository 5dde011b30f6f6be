import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { ACCOUNT, apply, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { canary } from '@ack-secret-manager/test-support/canary'
import { afterAll, beforeAll, expect, it } from 'vitest'

const ROLE = `acs:ram::${ACCOUNT}:role/upload`
const SECRET = canary('secret-of-the-shared-store')
const API = 'alibabacloud.com/v1alpha1'

describeCluster('tokens of a shared store', { timeout: 300_000 }, () => {
  const cluster = useCluster()
  const greedy = `${cluster.namespace}-greedy`
  let env: TestEnvironment
  let store: string
  let KMS: object

  const sessions = (name: string, sessionNames: readonly string[]) => ({
    apiVersion: API,
    kind: 'ExternalSecret',
    metadata: { name },
    spec: {
      generate: sessionNames.map((sessionName) => ({
        name: sessionName,
        stsToken: { secretStoreRef: { name: store, kind: 'ClusterSecretStore' }, roleArn: ROLE, sessionName },
      })),
    },
  })
  const tokenOf = async (name: string): Promise<string | undefined> => (await env.secret(name))?.data?.[name]

  beforeAll(async () => {
    env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: () => ({
        accessKeys: [{ id: 'LTAI5tStore', secret: SECRET, allow: [{ actions: ['sts:AssumeRole'], resources: ['*'] }] }],
        roles: [{ name: 'upload', trust: { accessKeys: ['LTAI5tStore'] } }],
      }),
    })
    const { namespace } = cluster
    const stringData = { id: 'LTAI5tStore', secret: SECRET }
    await env.applyObject({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'credentials' }, stringData })
    const key = (name: string): object => ({ name: 'credentials', namespace, key: name })
    KMS = { KMSAuth: { accessKey: key('id'), accessKeySecret: key('secret') } }
    store = await env.clusterStore('tokens', { KMS, allowTokens: [{ roles: [ROLE] }] })
  })
  afterAll(async () => {
    await cluster.request('DELETE', `/api/v1/namespaces/${greedy}`)
    await env?.[Symbol.asyncDispose]()
  })

  it('reach a namespace while another one requests a thousand', async () => {
    await apply(cluster.request, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: greedy } })
    await env.simulator.control('POST', '/faults', { match: { action: 'AssumeRole' }, fault: 'slow', ms: 1_500 })
    for (let index = 0; index < 32; index += 1) {
      const names = Array.from({ length: 32 }, (_, at) => `s-${index}-${at}`)
      await apply(cluster.request, sessions(`greedy-${index}`, names), greedy)
    }
    const operator = await env.replica({ namespaces: [cluster.namespace, greedy] })
    await operator.leading()
    const issued = async (): Promise<number> =>
      (await env.simulator.calls()).calls
        .filter(({ action }) => action === 'AssumeRole')
        .reduce((sum, { count }) => sum + count, 0)
    await until('the calls of the other namespace have begun', async () => (await issued()) > 0)
    const before = await issued()
    await env.applyObject(sessions('modest', ['modest']))
    await until('the token is in the Secret', async () => (await tokenOf('modest')) !== undefined)
    // With turns it waits for about five calls of the other namespace, without them for more than 500.
    expect((await issued()) - before).toBeLessThan(100)
  })

  it('are reported as soon as the store no longer allows them, and stay', async () => {
    await env.untilReason('externalsecrets', 'modest', 'Synced')
    const token = await tokenOf('modest')
    const allowTokens = [{ namespaces: ['other'], roles: [ROLE] }]
    await env.applyObject({
      apiVersion: API,
      kind: 'ClusterSecretStore',
      metadata: { name: store },
      spec: { KMS, allowTokens },
    })
    await env.untilReason('externalsecrets', 'modest', 'StoreNotAllowed')
    expect(await tokenOf('modest')).toBe(token)
  })
})
