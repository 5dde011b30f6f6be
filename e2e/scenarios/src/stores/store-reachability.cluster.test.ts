import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { canary } from '@ack-secret-manager/test-support/canary'
import { ObjectHistory, READ, roleArn, TestEnvironment, textSecrets, until } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}
type Store = KubeObject & { readonly status?: { readonly conditions?: readonly Condition[] } }

/** The pause between two probes doubles up to half a minute. */
const PAUSES = { deadlineMs: 240_000 }
const names = Array.from({ length: 4 }, (_, index) => `web-${index}`)

describeCluster('a store with an unreachable KMS', { timeout: 600_000 }, () => {
  const cluster = useCluster()

  it('shows it in the condition Reachable, with one write at the start and one at the end of the outage', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    await using stores = await ObjectHistory.start<Store>(cluster, '/apis/alibabacloud.com/v1alpha1', 'secretstores')
    await env.leader('--polling-interval=1s')
    await env.untilReason('secretstores', 'kms', 'Ready')
    const reachable = async (): Promise<Condition | undefined> => conditionOf((await stores.of('kms')).at(-1))
    expect(await reachable()).toBeUndefined()
    for (const name of names) await env.externalSecret(name, { password: 'db' })
    for (const name of names) await env.untilSecret(name, { password: 'one' })
    await until('the store is reachable', async () => (await reachable())?.reason === 'Connected')
    const before = (await stores.of('kms')).length

    await env.simulator.control('POST', '/faults', { match: { secret: 'db' }, fault: 'http503' })
    const away = await until('the store is not reachable', async () => {
      const condition = await reachable()
      return condition?.status === 'False' ? condition : undefined
    })
    expect(away).toMatchObject({
      reason: 'Unavailable',
      message: expect.stringMatching(
        /^127\.0\.0\.1:\d+ has not responded since \S+Z \(last response \S+Z\)$/,
      ) as string,
    })
    const failed = await failedReads(env)
    await until('KMS is probed again and again', async () => (await failedReads(env)) >= failed + 5, PAUSES)
    await env.simulator.control('DELETE', '/faults')
    await until('the store is reachable again', async () => (await reachable())?.status === 'True', PAUSES)

    const states = (await stores.of('kms')).slice(before)
    expect(states.map((state) => conditionOf(state)?.status)).toEqual(['False', 'True'])
    for (const state of states) expect(state?.status?.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'True' })

    for (const name of names) await cluster.request('DELETE', env.resourcePath('externalsecrets', name))
    await until('nothing reads through the store', async () => (await reachable()) === undefined)
  })

  it('names STS while its role cannot be assumed', async () => {
    const secret = canary('secret-of-lTAI5tassume')
    const seed = {
      accessKeys: [{ id: 'LTAI5tAssume', secret, allow: [{ actions: ['sts:AssumeRole'], resources: ['*'] }] }],
      roles: [{ name: 'reader', trust: { accessKeys: ['LTAI5tAssume'] }, allow: READ }],
      secrets: textSecrets({ db: 'one' }),
    }
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: () => seed })
    await env.simulator.control('POST', '/faults', { match: { action: 'AssumeRole' }, fault: 'http503' })
    await env.putSecret('assume-key', { id: 'LTAI5tAssume', secret })
    const ref = (key: string): object => ({ name: 'assume-key', key })
    const KMSAuth = { accessKey: ref('id'), accessKeySecret: ref('secret'), ramRoleARN: roleArn('reader') }
    await env.apply('SecretStore', 'assumed', { KMS: { KMSAuth } })
    const path = env.resourcePath('secretstores', 'assumed')
    const reachable = async (): Promise<Condition | undefined> =>
      conditionOf((await cluster.request<Store>('GET', path)).body)
    await env.apply('ExternalSecret', 'web', {
      data: [{ key: 'db', name: 'password', secretStoreRef: { name: 'assumed' } }],
    })
    await env.leader('--polling-interval=1s')
    const away = await until('the store is not reachable', async () => {
      const condition = await reachable()
      return condition?.status === 'False' ? condition : undefined
    })
    const { host } = new URL(env.simulator.ready.sts ?? '')
    expect(away.message).toMatch(new RegExp(`^${host} has not responded since \\S+Z`))
    await env.simulator.control('DELETE', '/faults')
    await until('the store is reachable', async () => (await reachable())?.status === 'True', PAUSES)
    await env.untilSecret('web', { password: 'one' })
  })
})

function conditionOf(store: Store | undefined): Condition | undefined {
  return store?.status?.conditions?.find(({ type }) => type === 'Reachable')
}

async function failedReads({ simulator }: TestEnvironment): Promise<number> {
  const { calls } = await simulator.calls()
  return calls
    .filter(({ secret, result }) => secret === 'db' && result !== 'OK')
    .reduce((sum, { count }) => sum + count, 0)
}
