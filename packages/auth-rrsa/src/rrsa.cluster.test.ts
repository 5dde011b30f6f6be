import { type CredentialProvider, defined, SecretSyncError } from '@ack-secret-manager/core'
import { StsClient } from '@ack-secret-manager/alicloud-openapi'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { afterAll, expect, it } from 'vitest'
import { rrsaProvider } from './rrsa-provider.ts'
import { serviceAccountToken } from './service-account-token.ts'

const ACCOUNT = '1234567890123456'
const PROVIDER = `acs:ram::${ACCOUNT}:oidc-provider/ack-rrsa-test`
const signal = new AbortController().signal

describeCluster('RRSA with tokens of a real API server', () => {
  const cluster = useCluster()
  const open: CredentialProvider[] = []

  const simulator = useFixture(async () => {
    const { body: discovery } = await cluster.request<{ issuer: string }>('GET', '/.well-known/openid-configuration')
    const { body: keys } = await cluster.request<string>('GET', '/openid/v1/jwks')
    const oidc = {
      issuer: discovery.issuer,
      audience: 'sts.aliyuncs.com',
      subject: `system:serviceaccount:${cluster.namespace}:app`,
    }
    return startSimulator({
      seed: {
        roles: [{ name: 'app', trust: { oidc } }],
        oidcProviders: [
          { arn: PROVIDER, issuer: discovery.issuer, jwks: typeof keys === 'string' ? JSON.parse(keys) : keys },
        ],
      },
    })
  })

  afterAll(async () => {
    for (const one of open) await one.close()
  })

  async function createAccount(name: string): Promise<string> {
    const { body } = await cluster.request<{ metadata: { uid: string } }>(
      'POST',
      `/api/v1/namespaces/${cluster.namespace}/serviceaccounts`,
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
    )
    return body.metadata.uid
  }

  function workload(name: string, uid: string, audiences?: string[]): CredentialProvider {
    const one = rrsaProvider({
      roleArn: `acs:ram::${ACCOUNT}:role/app`,
      oidcProviderArn: PROVIDER,
      token: serviceAccountToken({
        namespace: cluster.namespace,
        name,
        uid,
        ...defined({ audiences }),
        request: async (asked) => {
          const { status, body } = await cluster.request<{ status: { token: string } }>(
            'POST',
            `/api/v1/namespaces/${asked.namespace}/serviceaccounts/${asked.name}/token`,
            {
              apiVersion: 'authentication.k8s.io/v1',
              kind: 'TokenRequest',
              spec: { audiences: asked.audiences, expirationSeconds: 600 },
            },
          )
          if (status !== 201) throw Object.assign(new Error('TokenRequest'), { status })
          return body.status.token
        },
      }),
      region: 'cn-hangzhou',
      stsEndpoint: new URL(simulator.sts ?? '').host,
      ca: simulator.caPem,
    })
    open.push(one)
    return one
  }

  const credentialErrorOf = (one: CredentialProvider): Promise<unknown> =>
    one.credential({ signal }).then(
      () => 'no failure',
      (error: unknown) =>
        error instanceof SecretSyncError ? [error.code, error.message, error.facts.remoteCode] : error,
    )

  it('assumes the role until the ServiceAccount is deleted', async () => {
    const uid = await createAccount('app')
    const one = workload('app', uid)
    const credential = await one.credential({ signal })
    await using sts = new StsClient({
      region: 'cn-hangzhou',
      endpoint: new URL(simulator.sts ?? '').host,
      ca: simulator.caPem,
    })
    expect(await sts.callerIdentity(credential, { signal })).toEqual({
      arn: `acs:ram::${ACCOUNT}:assumed-role/app/ack-secret-manager`,
      account: ACCOUNT,
    })

    await cluster.request('DELETE', `/api/v1/namespaces/${cluster.namespace}/serviceaccounts/app`)
    one.invalidate(credential)
    const name = `ServiceAccount ${cluster.namespace}/app`
    expect(await credentialErrorOf(one)).toEqual([
      'Unauthenticated',
      `${name}: it does not exist (HTTP 404)`,
      undefined,
    ])

    await createAccount('app')
    expect(await credentialErrorOf(workload('app', uid))).toEqual([
      'Unauthenticated',
      `${name} has another UID: it was deleted and created again`,
      undefined,
    ])
  })

  it('is refused for another ServiceAccount and for another audience', async () => {
    const uid = await createAccount('other')
    expect(await credentialErrorOf(workload('other', uid))).toEqual([
      'Unauthenticated',
      expect.stringContaining(`allow the subject system:serviceaccount:${cluster.namespace}:other`),
      'AuthenticationFail.NoPermission',
    ])
    expect(await credentialErrorOf(workload('other', uid, ['https://other']))).toEqual([
      'Unauthenticated',
      expect.stringContaining('no audience of the token (https://other) is a client id of'),
      'AuthenticationFail.OIDCToken.AudienceNotMatch',
    ])
  })
})
