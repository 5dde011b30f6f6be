import { inspect } from 'node:util'
import { type Credential, type CredentialProvider, Sensitive } from '@ack-secret-manager/core'
import kms, { GetSecretValueRequest } from '@alicloud/kms20160120'
import openApi, * as $OpenApi from '@alicloud/openapi-client'
import { Config } from '@alicloud/rpc-client'
import { RuntimeOptions } from '@alicloud/tea-util'
import { canary } from '@ack-secret-manager/test-support/canary'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { describe, expect, it } from 'vitest'
import { asSdkCredential } from './as-sdk-credential.ts'
import { sdkCredentialProvider } from './sdk-credential-provider.ts'
import { ADMIN, TestCloud } from './testing/cloud.ts'

/** Node imports the exports of the SDKs as their default, loaders with interop import the class. */
const KmsClient: typeof kms.default = 'default' in kms ? kms.default : kms
const OpenApiClient: typeof openApi.default = 'default' in openApi ? openApi.default : openApi
const SECRET = canary('provider-secret')

const cloud = useFixture(() => TestCloud.start())

/** Gives these credentials, in turn. */
function provider(next: () => Credential | Promise<Credential>): CredentialProvider {
  return {
    identity: { kind: 'test', fingerprint: 'test', description: 'test identity', account: '1' },
    credential: async () => next(),
    invalidate: () => undefined,
    close: async () => undefined,
  }
}

const numbered = (number: number): Credential => ({
  accessKeyId: `STS.${number}`,
  accessKeySecret: new Sensitive(`secret-${number}-${SECRET}`),
  securityToken: new Sensitive(`token-${number}`),
})

async function session(): Promise<Credential> {
  const { AccessKeyId, AccessKeySecret, SecurityToken } = await cloud.session()
  const [accessKeySecret, securityToken] = [new Sensitive(AccessKeySecret), new Sensitive(SecurityToken)]
  return { accessKeyId: AccessKeyId, accessKeySecret, securityToken }
}

const runtime = new RuntimeOptions({ readTimeout: 10_000, connectTimeout: 10_000 })

describe('asSdkCredential', () => {
  it('serves @alicloud/kms20160120, which follows a rotated session', async () => {
    let current = await session()
    const client = new KmsClient(
      new Config({ endpoint: cloud.kms, credential: asSdkCredential(provider(() => current)) }),
    )
    const read = () => client.getSecretValueEx(new GetSecretValueRequest({ secretName: 'app/db' }), runtime)
    expect(await read()).toMatchObject({ secretData: 'demo' })
    const former = current
    current = await session()
    expect(current.accessKeyId).not.toBe(former.accessKeyId)
    expect(await read()).toMatchObject({ secretData: 'demo' })
    const { calls } = (await (await fetch(`${cloud.simulator.control}/calls?groupBy=action,identity`)).json()) as {
      calls: readonly { action: string; identity: string }[]
    }
    expect(calls.filter(({ action }) => action === 'GetSecretValue').map(({ identity }) => identity)).toEqual([
      expect.stringContaining('assumed-role/known/'),
    ])
  })

  it('serves @alicloud/openapi-client', async () => {
    const current = await session()
    const client = new OpenApiClient(
      new $OpenApi.Config({ endpoint: cloud.kms, credential: asSdkCredential(provider(() => current)) }),
    )
    const params = new $OpenApi.Params({
      action: 'GetSecretValue',
      version: '2016-01-20',
      protocol: 'HTTPS',
      pathname: '/',
      method: 'POST',
      authType: 'AK',
      style: 'RPC',
      reqBodyType: 'formData',
      bodyType: 'json',
    })
    const request = new $OpenApi.OpenApiRequest({ query: { SecretName: 'app/db' } })
    expect(await client.callApi(params, request, new RuntimeOptions({}))).toMatchObject({
      body: { SecretData: 'demo' },
    })
  })

  it('gives a permanent key of ours that came from the SDK back to the SDK', async () => {
    const own = sdkCredentialProvider({
      getType: () => 'access_key',
      getCredential: async () => ({ accessKeyId: ADMIN.id, accessKeySecret: ADMIN.secret }),
    })
    const client = new KmsClient(new Config({ endpoint: cloud.kms, credential: asSdkCredential(own) }))
    expect(await client.getSecretValueEx(new GetSecretValueRequest({ secretName: 'app/db' }), runtime)).toMatchObject({
      secretData: 'demo',
    })
  })

  it('never mixes the parts of two credentials in separate getters', async () => {
    let number = 0
    // A new credential at each read, after a time that differs.
    const credential = asSdkCredential(
      provider(async () => {
        number += 1
        const mine = number
        if (mine % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
        if (mine % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
        return numbered(mine)
      }),
    )
    const oneCall = async (): Promise<string[]> => [
      await credential.getAccessKeyId(),
      await credential.getAccessKeySecret(),
      await credential.getSecurityToken(),
    ]
    const sets: string[][] = []
    for (let round = 0; round < 100; round += 1) {
      // Some of the calls begin while others of the round are waiting for their credential.
      const calls = Array.from({ length: 10 }, async (_none, index) => {
        for (let turn = 0; turn < index % 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
        return oneCall()
      })
      sets.push(...(await Promise.all(calls)))
    }
    for (const [id, secret, token] of sets) {
      const of = id?.replace('STS.', '')
      expect([secret?.split('-', 2)[1], token]).toEqual([of, `token-${of}`])
    }
    expect(new Set(sets.map(([id]) => id)).size).toBeGreaterThanOrEqual(100)
  })

  it('reads again in a later turn', async () => {
    let number = 0
    const credential = asSdkCredential(provider(() => numbered((number += 1))))
    expect(await credential.getAccessKeyId()).toBe('STS.1')
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await credential.getSecurityToken()).toBe('token-2')
  })

  it('fails with the error of the provider, and with Timeout at its deadline', async () => {
    const failing = asSdkCredential(provider(() => Promise.reject(new RangeError('planted'))))
    await expect(failing.getCredential()).rejects.toThrow('planted')
    const hanging: CredentialProvider = {
      ...provider(() => numbered(1)),
      credential: ({ signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    }
    await expect(asSdkCredential(hanging, { timeoutMs: 50 }).getCredential()).rejects.toMatchObject({
      code: 'Timeout',
      message: 'credentials of test identity: no response within 50 ms',
    })
  })

  it('shows no secret', async () => {
    const credential = asSdkCredential(provider(() => numbered(1)))
    await credential.getAccessKeyId()
    expect(JSON.stringify(credential)).toBe('{"provider":"test identity"}')
    expect(inspect(credential, { depth: 10, showHidden: true }).includes(SECRET)).toBe(false)
  })
})
