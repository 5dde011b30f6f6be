import { createPrivateKey, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { kubeconfigOf, openApi } from '@ack-secret-manager/control-plane'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { DEFAULT_TOKEN_FILE } from '@ack-secret-manager/stores'
import { type NamespaceObjects, type OperatorProcess, roleArn, until } from '@ack-secret-manager/testenv'
import { plant } from '@ack-secret-manager/test-support/canary'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { ProjectedToken } from './projected-token.ts'
import { copyOf, PROVIDER_ARN, InstallEnvironment, SYSTEM } from './install-environment.ts'

const RELEASE = { release: 'ack-secret-manager', namespace: SYSTEM }
const CREDENTIALS = 'alibaba-credentials'
const from = (key: string): object => ({ secretKeyRef: CREDENTIALS, key })
/** Like with the Go operator's chart: role and provider come from a Secret. */
const values = {
  command: { region: 'cn-hangzhou', pollingInterval: '1s' },
  rrsa: { enable: true },
  envVarsFromSecret: { ALICLOUD_ROLE_ARN: from('rolearn'), ALICLOUD_OIDC_PROVIDER_ARN: from('oidcproviderarn') },
}

/** Pauses after a failure double. */
const PAUSES_MS = 180_000

describeCluster('a release with rrsa.enable', () => {
  let environment: InstallEnvironment
  let shop: NamespaceObjects
  let operator: OperatorProcess
  beforeAll(async () => {
    environment = await InstallEnvironment.open()
    shop = await environment.namespace('shop')
    await environment.trust('operator', SYSTEM, RELEASE.release)
    await environment.plane.request('POST', `/api/v1/namespaces/${SYSTEM}/secrets`, {
      metadata: { name: CREDENTIALS },
      stringData: { rolearn: roleArn('operator'), oidcproviderarn: PROVIDER_ARN },
    })
  })
  afterAll(() => environment?.[Symbol.asyncDispose]())

  /** The token mounted in the pod; its signature must not appear anywhere. */
  async function mounted(): Promise<{ readonly volume: ProjectedToken; readonly token: string }> {
    const volume = environment.kubelet.token
    if (volume === undefined) throw new Error('the pod mounts no token')
    const token = await readFile(volume.file, 'utf8')
    plant('token of the operator', token.slice(-40))
    return { volume, token }
  }

  /** Number of exchanges of a token for a session. */
  async function exchanges(): Promise<number> {
    const { calls } = await environment.simulator.calls()
    return calls
      .filter(({ action, result }) => action === 'AssumeRoleWithOIDC' && result === 'OK')
      .reduce((sum, { count }) => sum + count, 0)
  }

  it('creates the first Secret as the role that trusts its ServiceAccount', async () => {
    await environment.helm.install({ ...RELEASE, values })
    operator = await environment.operator(RELEASE.release)
    await shop.apply('SecretStore', 'own', { KMS: {} })
    await shop.apply('ExternalSecret', 'first', copyOf('own'))
    await shop.untilSecret('first', { password: 'one' })
    // The status of the store is written some time after the Secret.
    await vi.waitFor(async () => {
      const { body } = await environment.plane.request<object>('GET', shop.resourcePath('secretstores', 'own'))
      expect(body).toMatchObject({ status: { identity: { arn: expect.stringContaining(':assumed-role/operator/') } } })
    }, 60_000)
    expect(await exchanges()).toBe(1)
  })

  it('has a token for STS, which the API server rejects, at the default path of the operator', async () => {
    const { volume, token } = await mounted()
    expect(volume.pathInPod).toBe(DEFAULT_TOKEN_FILE)
    const { aud, sub, exp, iat } = claimsOf(token)
    expect({ aud, sub, lifetime: Number(exp) - Number(iat) }).toEqual({
      aud: ['sts.aliyuncs.com'],
      sub: `system:serviceaccount:${SYSTEM}:${RELEASE.release}`,
      lifetime: 7_200,
    })
    const { url, caPem } = environment.plane
    const api = openApi(kubeconfigOf({ url, caPem, user: 'operator', identity: { token } }))
    expect((await api.request('GET', '/api/v1/secrets')).status).toBe(401)
    await api.close()
  })

  it('follows the token that the kubelet renews, and reports a token that is not renewed', async () => {
    const { volume, token } = await mounted()
    // The kubelet did not run for two hours, and the session has expired meanwhile.
    await volume.put(await expired(token))
    await environment.simulator.control('DELETE', '/sessions')
    await until('the store says that the token has expired', async () => {
      const { reason, message = '' } = (await shop.ready('secretstores', 'own')) ?? {}
      return reason === 'AuthenticationFailed' && /holds a token that expired at/.test(message)
    })
    await volume.renew()
    await mounted()
    await shop.untilReason('secretstores', 'own', 'Ready', PAUSES_MS)
    await environment.simulator.put('db', 'two')
    await shop.untilSecret('first', { password: 'two' })
    expect(await exchanges()).toBe(2)
    expect(await operator.stop()).toBe(0)
  })

  it('is refused for a token with another audience', async () => {
    await environment.helm.upgrade({
      ...RELEASE,
      values: { ...values, rrsa: { enable: true, audience: 'another-audience' } },
    })
    operator = await environment.operator(RELEASE.release)
    await mounted()
    const { message } = await shop.untilReason('secretstores', 'own', 'AuthenticationFailed')
    expect(message).toMatch(/no audience of the token \(another-audience\) is a client id/)
    expect(await operator.stop()).toBe(0)
  })

  it('also reads role and provider from plain variables', async () => {
    const { command, rrsa } = values
    const env = { ALIBABA_CLOUD_ROLE_ARN: roleArn('operator'), ALIBABA_CLOUD_OIDC_PROVIDER_ARN: PROVIDER_ARN }
    await environment.helm.upgrade({ ...RELEASE, values: { command, rrsa, env } })
    operator = await environment.operator(RELEASE.release)
    await mounted()
    await shop.apply('ExternalSecret', 'second', copyOf('own'))
    await shop.untilSecret('second', { password: 'two' })
    expect(await operator.stop()).toBe(0)
  })

  /** The same token as issued two hours ago, signed with the API server's key. */
  async function expired(token: string): Promise<string> {
    const [header = ''] = token.split('.')
    const claims = claimsOf(token)
    const ago = (claim: unknown): number => Number(claim) - 3 * 3_600
    const payload = { ...claims, iat: ago(claims['iat']), nbf: ago(claims['nbf']), exp: ago(claims['exp']) }
    const signed = `${header}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`
    const key = createPrivateKey(await readFile(path.join(environment.plane.dataDir, 'service-account.key')))
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
  }
})

function claimsOf(token: string): Record<string, unknown> {
  const [, payload = ''] = token.split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
}
