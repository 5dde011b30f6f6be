import { createSign, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseClientKey } from '@ack-secret-manager/auth-aap'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { Sensitive } from '@ack-secret-manager/core'
import { canary } from '@ack-secret-manager/test-support/canary'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import { useFixture, useTrusted } from '@ack-secret-manager/test-support/use-fixture'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSecretClient } from './create-secret-client.ts'
import type { SecretClientOptions } from './secret-client-options.ts'
import { KEY, KEY_ENV, startTestKms } from './testing/kms.ts'

const ACCOUNT = '1234567890123456'
const ISSUER = 'https://issuer.example'
const PROVIDER = `acs:ram::${ACCOUNT}:oidc-provider/ack`
const roleArn = (name: string): string => `acs:ram::${ACCOUNT}:role/${name}`
const PASSWORD = canary('client-key-password')
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** A ServiceAccount token of the kubelet. */
function token(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const seconds = Math.floor(Date.now() / 1_000)
  const claims = {
    iss: ISSUER,
    aud: 'sts.aliyuncs.com',
    sub: 'system:serviceaccount:shop:web',
    iat: seconds,
    exp: seconds + 3_600,
  }
  const text = `${part({ alg: 'RS256', kid: 'k' })}.${part(claims)}`
  return `${text}.${createSign('sha256').update(text).sign(privateKey).toString('base64url')}`
}

const folder = directoryOfTests()
/** The environment without an identity. */
let places: Record<string, string>
const kms = useFixture(() => {
  const allow = [{ actions: ['*'], resources: ['*'] }]
  return startTestKms({
    account: ACCOUNT,
    roles: [
      { name: 'pod', trust: { oidc: { issuer: ISSUER, audience: 'sts.aliyuncs.com', subject: '*' } }, allow },
      { name: 'node', trust: { ecs: true }, allow },
      { name: 'known', trust: { accessKeys: [KEY.id] }, allow },
    ],
    oidcProviders: [
      {
        arn: PROVIDER,
        issuer: ISSUER,
        jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kty: 'RSA', kid: 'k' }] },
      },
    ],
    instances: [{ id: 'kst-demo', clientKeys: [{ id: 'KAAP.demo', password: PASSWORD }] }],
    secrets: [{ name: 'shop/db', versions: [{ id: 'v1', data: 'value' }] }],
  })
})
// STS trusts the CAs of the machine.
useTrusted(() => kms.simulator.caPem)
beforeAll(async () => {
  await writeFile(path.join(folder, 'token'), token())
  await writeFile(path.join(folder, 'password'), `${PASSWORD}\n`)
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: _id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: _secret, ...rest } = kms.env
  places = rest
})

const rrsa = (): Record<string, string> => ({
  ALIBABA_CLOUD_ROLE_ARN: roleArn('pod'),
  ALIBABA_CLOUD_OIDC_PROVIDER_ARN: PROVIDER,
  ALIBABA_CLOUD_OIDC_TOKEN_FILE: path.join(folder, 'token'),
})
const clientKeyEnv = (): Record<string, string> => ({
  ACKSM_CLIENT_KEY_FILE: kms.simulator.clientKeys['KAAP.demo']?.file ?? '',
  ACKSM_CLIENT_KEY_PASSWORD_FILE: path.join(folder, 'password'),
})
const ofInstance = (): SecretClientOptions => ({
  endpoint: new URL(kms.simulator.instance ?? '').host,
  ca: readFileSync(kms.simulator.instanceCaFile ?? '', 'utf8'),
})

describe('the identity of a client', () => {
  it.each<[what: string, env: () => Record<string, string>, options: () => SecretClientOptions, description: RegExp]>([
    ['an AccessKey', () => KEY_ENV, () => ({}), /^AccessKey LTAI5tClient$/],
    [
      'a role that an AccessKey assumes',
      () => ({ ...KEY_ENV, ALIBABA_CLOUD_ROLE_ARN: roleArn('known') }),
      () => ({}),
      /^role acs:.*:role\/known/,
    ],
    ['RRSA', rrsa, () => ({}), /^role acs:.*:role\/pod of token file \//],
    [
      'the role of the node by a variable',
      () => ({ ALIBABA_CLOUD_ECS_METADATA: 'node' }),
      () => ({}),
      /^worker role node$/,
    ],
    [
      'the role of the node by the option',
      () => ({}),
      () => ({ identity: 'worker-role' }),
      /^worker role of this node$/,
    ],
    [
      'the chosen one of two',
      () => ({ ...KEY_ENV, ...rrsa() }),
      () => ({ identity: 'rrsa' }),
      /^role acs:.*:role\/pod/,
    ],
    [
      'the chosen AccessKey without the role of RRSA',
      () => ({ ...KEY_ENV, ...rrsa() }),
      () => ({ identity: 'access-key' }),
      /^AccessKey/,
    ],
    ['a client key at an instance', clientKeyEnv, ofInstance, /^client key KAAP\.demo$/],
    ['an AccessKey at an instance', () => KEY_ENV, ofInstance, /^AccessKey/],
    [
      'a given provider',
      () => ({}),
      () => ({ identity: accessKeyProvider({ accessKeyId: KEY.id, accessKeySecret: new Sensitive(KEY.secret) }) }),
      /^AccessKey/,
    ],
    [
      'a given client key',
      () => ({}),
      () => ({
        ...ofInstance(),
        identity: parseClientKey({
          content: readFileSync(kms.simulator.clientKeys['KAAP.demo']?.file ?? ''),
          password: new TextEncoder().encode(PASSWORD),
        }),
      }),
      /^client key KAAP\.demo$/,
    ],
  ])('is %s', async (_what, env, options, description) => {
    await using client = createSecretClient({ env: { ...places, ...env() }, ca: kms.simulator.caPem, ...options() })
    expect(client.identity.description).toMatch(description)
    expect(await client.text('shop/db')).toBe('value')
    await expect(client.text('shop/none')).rejects.toThrow(client.identity.description)
  })

  it.each<[what: string, env: () => Record<string, string>, options: SecretClientOptions, message: RegExp]>([
    ['none', () => ({}), {}, /^no identity is configured: set ALIBABA_CLOUD_ROLE_ARN, .*, or identity: 'worker-role'$/],
    ['an empty one', () => ({ ALIBABA_CLOUD_ACCESS_KEY_ID: ' ' }), {}, /^no identity is configured/],
    [
      'two',
      () => ({ ...KEY_ENV, ...rrsa() }),
      {},
      /^ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_OIDC_PROVIDER_ARN configure different identities: keep one of them, or choose with identity: 'access-key' or 'rrsa'$/,
    ],
    [
      'three',
      () => ({ ...KEY_ENV, ...rrsa(), ...clientKeyEnv() }),
      {},
      /^ALIBABA_CLOUD_ACCESS_KEY_ID and .* and ACKSM_CLIENT_KEY_FILE configure/,
    ],
    [
      'half an AccessKey',
      () => ({ ALIBABA_CLOUD_ACCESS_KEY_ID: KEY.id }),
      {},
      /^ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set, which an AccessKey needs$/,
    ],
    [
      'half of RRSA',
      () => ({ ALIBABA_CLOUD_OIDC_PROVIDER_ARN: PROVIDER }),
      {},
      /^ALIBABA_CLOUD_ROLE_ARN is not set, which RRSA needs$/,
    ],
    [
      'a role only',
      () => ({ ALIBABA_CLOUD_ROLE_ARN: roleArn('pod') }),
      {},
      /^ALIBABA_CLOUD_ROLE_ARN is set, but neither/,
    ],
    [
      'a chosen one that is not there',
      () => KEY_ENV,
      { identity: 'rrsa' },
      /^ALIBABA_CLOUD_ROLE_ARN is not set, which RRSA needs$/,
    ],
    [
      'a malformed AccessKey',
      () => ({ ...KEY_ENV, ALIBABA_CLOUD_ACCESS_KEY_SECRET: `${KEY.secret} x` }),
      {},
      /^AccessKey secret has white space inside/,
    ],
    [
      'no client key file',
      () => ({ ...clientKeyEnv(), ACKSM_CLIENT_KEY_FILE: '/none' }),
      {},
      /^ACKSM_CLIENT_KEY_FILE: \/none cannot be read \(ENOENT\)$/,
    ],
    [
      'a wrong client key password',
      () => ({ ...clientKeyEnv(), ACKSM_CLIENT_KEY_PASSWORD_FILE: path.join(folder, 'token') }),
      {},
      /^client key password \//,
    ],
    [
      'an unknown network',
      () => ({ ...KEY_ENV, ACKSM_NETWORK: 'lan' }),
      {},
      /^ACKSM_NETWORK: expected vpc or public, got "lan"$/,
    ],
    ['a proxy that is none', () => ({ ...KEY_ENV, HTTPS_PROXY: 'ftp://x:secret@y' }), {}, /^HTTPS_PROXY: expected/],
  ])('is an error: %s', (_what, env, options, message) => {
    let error: Error | undefined
    try {
      createSecretClient({ env: { ...places, ...env() }, ...options })
    } catch (thrown) {
      error = thrown as Error
    }
    expect(error?.message).toMatch(message)
    for (const secret of [KEY.secret, PASSWORD]) expect(error?.message).not.toContain(secret)
  })

  it('is the only one: a refusal does not lead to another', async () => {
    const env = { ...places, ...KEY_ENV, ...rrsa(), ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrong' }
    await using client = createSecretClient({ env, ca: kms.simulator.caPem, identity: 'access-key' })
    await expect(client.text('shop/db')).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: expect.stringContaining(`AccessKey ${KEY.id} is rejected`),
    })
  })
})
