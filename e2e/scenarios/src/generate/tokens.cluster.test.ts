import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { KubeClient } from '@ack-secret-manager/k8s-client'
import { ACCOUNT, type OperatorProcess, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { canary } from '@ack-secret-manager/test-support/canary'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ageRecord } from './age-record.ts'

const MINUTE = 60_000
const ROLE = `acs:ram::${ACCOUNT}:role/upload`
const SECRET = canary('secret-of-the-store')
const PULL_SECRET = 'kubernetes.io/dockerconfigjson'

interface Status {
  readonly status?: {
    readonly conditions?: readonly { readonly reason: string; readonly message: string }[]
    readonly generated?: readonly { readonly expiryTime?: string; readonly renewalTime?: string }[]
  }
}
interface DockerConfig {
  readonly auths: Readonly<Record<string, { readonly username: string; readonly password: string }>>
}

describeCluster('tokens', () => {
  const cluster = useCluster()
  let operator: OperatorProcess

  const secretStoreRef = { name: 'tokens' }
  const sessionOf = (roleArn: string, target: object = {}): object => ({
    generate: [{ name: 'session', stsToken: { secretStoreRef, roleArn } }],
    target,
  })
  const pullSecretOf = (...ids: readonly string[]): object => {
    const instances = ids.map((id) => ({ id, registries: [`${id}.example.com`] }))
    return {
      type: PULL_SECRET,
      generate: [{ name: '.dockerconfigjson', containerRegistry: { secretStoreRef, instances } }],
    }
  }
  const apply = (name: string, spec: object, kind = 'ExternalSecret'): Promise<unknown> =>
    env.applyObject({ apiVersion: 'alibabacloud.com/v1alpha1', kind, metadata: { name }, spec })
  const untilKey = (name: string, key: string, is = (_text: string): boolean => true): Promise<string> =>
    until(`Secret ${name} has the key ${key}`, async () => {
      const data = (await env.secret(name))?.data?.[key]
      const text = data === undefined ? undefined : Buffer.from(data, 'base64').toString()
      return text !== undefined && is(text) ? text : undefined
    })
  const statusOf = async (name: string): Promise<Status['status']> =>
    (await cluster.request<Status>('GET', env.resourcePath('externalsecrets', name))).body.status
  const issued = async (action: string): Promise<number> =>
    (await env.simulator.calls()).calls
      .filter((call) => call.action === action && call.result === 'OK')
      .reduce((sum, { count }) => sum + count, 0)

  const client = useFixture(() => KubeClient.fromKubeConfig({ kubeconfigPath: cluster.kubeconfigPath }))
  const env = useFixture(async () => {
    const allow = [{ actions: ['sts:AssumeRole', 'cr:GetAuthorizationToken'], resources: ['*'] }]
    return TestEnvironment.start({
      controlPlane: cluster,
      seed: () => ({
        accessKeys: [{ id: 'LTAI5tStore', secret: SECRET, allow }],
        roles: ['upload', 'other'].map((name) => ({ name, trust: { accessKeys: ['LTAI5tStore'] } })),
        registries: [{ id: 'cri-a' }, { id: 'cri-b' }, { id: 'cri-c' }],
      }),
    })
  })
  beforeAll(async () => {
    const stringData = { id: 'LTAI5tStore', secret: SECRET }
    await env.applyObject({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'credentials' }, stringData })
    const key = (name: string): object => ({ name: 'credentials', key: name })
    const KMS = { KMSAuth: { accessKey: key('id'), accessKeySecret: key('secret') } }
    const allowTokens = [{ roles: [ROLE], instances: ['cri-a', 'cri-b'] }]
    await apply('tokens', { KMS, allowTokens }, 'SecretStore')
    operator = await env.leader()
  })
  afterAll(async () => {})

  it('of a role are shared by resources, stay over a restart of the operator, and are renewed when the record says so', async () => {
    const template = { data: { id: '{{ (.session | fromJson).AccessKeyId }}' } }
    await apply('upload', sessionOf(ROLE, { template }))
    const id = await untilKey('upload', 'id')
    const session = await untilKey('upload', 'session')
    expect(JSON.parse(session)).toMatchObject({ AccessKeyId: id, SecurityToken: expect.any(String) as unknown })
    for (const name of ['second', 'old']) {
      await apply(name, sessionOf(ROLE))
      expect(await untilKey(name, 'session')).toBe(session)
    }
    const generated = await until('the status has the expiry', async () => (await statusOf('upload'))?.generated?.[0])
    expect(Date.parse(generated.expiryTime ?? '') - Date.parse(generated.renewalTime ?? '')).toBeGreaterThan(1_000_000)

    await operator.stop()
    await ageRecord(client, { namespace: cluster.namespace, name: 'old' }, 45 * MINUTE)
    operator = await env.leader()
    const renewed = await untilKey('old', 'session', (text) => text !== session)
    await apply('third', sessionOf(ROLE))
    expect(await untilKey('third', 'session')).toBe(renewed)
    expect([await untilKey('upload', 'session'), await untilKey('second', 'session')]).toEqual([session, session])
    expect(await issued('AssumeRole')).toBe(2)
  })

  it('of several instances are in one pull secret, and visible nowhere else', async () => {
    await apply('pull', pullSecretOf('cri-a', 'cri-b'))
    const { auths } = JSON.parse(await untilKey('pull', '.dockerconfigjson')) as DockerConfig
    await env.untilReason('externalsecrets', 'pull', 'Synced')
    expect(Object.keys(auths)).toEqual(['cri-a.example.com', 'cri-b.example.com'])
    const { body } = await cluster.request<{ type: string }>('GET', env.secretPath('pull'))
    expect(body.type).toBe(PULL_SECRET)
    expect(await issued('GetAuthorizationToken')).toBe(2)
    await apply('other', pullSecretOf('cri-b'))
    const { auths: other } = JSON.parse(await untilKey('other', '.dockerconfigjson')) as DockerConfig
    expect([other, await issued('GetAuthorizationToken')]).toEqual([
      { 'cri-b.example.com': auths['cri-b.example.com'] },
      2,
    ])
    const metrics = await operator.metrics()
    expect(metrics).toContain('acksm_token_calls_total{kind="container-registry",result="ok"} 2')
    const visible = `${await env.visibleObjects()}${operator.program.lines.join('\n')}${metrics}`
    for (const { password } of Object.values(auths)) expect(visible).not.toContain(password)
  })

  it.each([
    ['a role', sessionOf(`acs:ram::${ACCOUNT}:role/other`), 'a token for role'],
    ['an instance', pullSecretOf('cri-a', 'cri-c'), 'a token for instance cri-c'],
  ])('of %s that the store does not list are refused, and no Secret is created', async (what, spec, message) => {
    const name = `refused-${what.replaceAll(' ', '-')}`
    await apply(name, spec)
    const ready = await until('the refusal is reported', async () => (await statusOf(name))?.conditions?.[0])
    expect([ready.reason, ready.message]).toEqual(['StoreNotAllowed', expect.stringContaining(message) as unknown])
    expect(ready.message).toContain('spec.allowTokens of the store lists the allowed ones')
    expect(await env.secret(name)).toBeUndefined()
  })
})
