import { readFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import { systemClock } from '@ack-secret-manager/core'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { afterEach, describe, expect, it } from 'vitest'
import { Cloud, OPERATOR, PROVIDER, readApp, roleArn } from './testing/cloud-fixture.ts'
import { CANARY, connectionOf, inProd, keyRefs, own, signal, storeOf, StoreFixture } from './testing/store-fixture.ts'

const cloud = useFixture(() => Cloud.start())
afterEach(() => cloud.reset())

const KEY = 'spec.KMS.KMSAuth.accessKey'
const HOUR_MS = 3_600_000
const AAP = 'spec.KMS.dedicatedKMSAuth'

/** A store with the AccessKey of a Secret, and what `change` adds. */
const accessKey = (change: object = {}): object => ({ KMS: { KMSAuth: { ...keyRefs('creds'), ...change } } })
const withKey = (id: string | Uint8Array, secret: string = CANARY, change: object = {}): object => {
  cloud.secrets.set('prod/creds/id', id).set('prod/creds/secret', secret)
  return accessKey(change)
}
const workload = (change: object = {}, account?: { uid: string; roleArn?: string }): object => {
  if (account) cloud.serviceAccounts.set('prod/web', account)
  return { KMS: { KMSAuth: { serviceAccountRef: { name: 'web' }, ...change } } }
}
const withTokenFile = (oidcTokenFilePath: string): object => ({
  KMS: { KMSAuth: { ramRoleARN: roleArn('operator'), oidcTokenFilePath } },
})
const withClientKey = (file: string | Uint8Array, password: string = CANARY): Promise<object> => {
  cloud.secrets.set('prod/aap/file', file).set('prod/aap/password', password)
  return cloud.instanceSpec()
}
const withKnownClientKey = async (change: object): Promise<object> => {
  await cloud.keepClientKey('aap', 'KAAP.demo')
  return cloud.instanceSpec(change)
}
const nodeRole = async (metadata: object): Promise<object> => {
  await cloud.control('PUT', 'metadata', metadata)
  return { KMS: { KMSAuth: { workerRole: {} } } }
}
const clientKeyFile = (): Promise<Buffer> => readFile(cloud.simulator.clientKeys['KAAP.demo']?.file ?? '')

interface Row {
  readonly make: () => object | Promise<object>
  /** @default 'Unauthenticated' */
  readonly code?: string
  /** @default 'spec.KMS.KMSAuth' */
  readonly field?: string
  readonly says: RegExp
}

const ROWS: Readonly<Record<string, Row>> = {
  'no such Secret': { make: accessKey, field: KEY, says: /accessKey: Secret prod\/creds does not exist$/ },
  'no such key': {
    make: () => {
      cloud.secrets.set('prod/creds/id', 'LTAI5tDemo')
      return accessKey()
    },
    field: 'spec.KMS.KMSAuth.accessKeySecret',
    says: /accessKeySecret: Secret prod\/creds has no key "secret"$/,
  },
  'white space inside': {
    make: () => withKey('LTAI5tDemo', `${CANARY} ${CANARY}`),
    field: 'spec.KMS.KMSAuth.accessKeySecret',
    says: /key "secret" of Secret prod\/creds has white space inside/,
  },
  'no text': { make: () => withKey(new Uint8Array([0xff, 0xfe])), field: KEY, says: /is not UTF-8 text/ },
  'nothing in it': { make: () => withKey('\uFEFF\n'), field: KEY, says: /is empty/ },
  'a role that is not there': {
    make: () => withKey('LTAI5tPoor', CANARY, { ramRoleARN: roleArn('gone') }),
    says: /role\/gone/,
  },
  'a role that may not be assumed': {
    make: () => withKey('LTAI5tDemo', CANARY, { ramRoleARN: roleArn('reader') }),
    says: /role\/reader/,
  },
  'a role with another external id': {
    make: () => withKey('LTAI5tPoor', CANARY, { ramRoleARN: roleArn('guarded'), ramRoleExternalId: 'guess' }),
    says: /role\/guarded/,
  },
  'a session longer than the role allows': {
    make: () => withKey('LTAI5tPoor', CANARY, { ramRoleARN: roleArn('reader'), roleSessionExpiration: '43200' }),
    says: /3600/,
  },
  'an AccessKey below a role that is unknown': {
    make: () => withKey('LTAI5tGone', CANARY, { ramRoleARN: roleArn('reader') }),
    says: /InvalidAccessKeyId/,
  },
  'no such ServiceAccount': {
    make: workload,
    field: 'spec.KMS.KMSAuth.serviceAccountRef',
    says: /ServiceAccount prod\/web does not exist/,
  },
  'a ServiceAccount without a role': {
    make: () => workload({}, { uid: 'u' }),
    field: 'spec.KMS.KMSAuth.serviceAccountRef',
    says: /has no annotation ack\.alibabacloud\.com\/role-arn, and spec\.KMS\.KMSAuth\.ramRoleARN is not set/,
  },
  'a ServiceAccount with no role in its annotation': {
    make: () => workload({}, { uid: 'u', roleArn: 'web' }),
    field: 'spec.KMS.KMSAuth.serviceAccountRef',
    says: /serviceAccountRef: annotation ack\.alibabacloud\.com\/role-arn: .*expected the ARN of a RAM role/,
  },
  'a ServiceAccount that the role does not trust': {
    make: () => workload({ ramRoleARN: roleArn('operator') }, { uid: 'u' }),
    says: /trust policy .*system:serviceaccount:prod:web/,
  },
  'an audience that the provider does not know': {
    make: () =>
      workload({ serviceAccountRef: { name: 'web', audiences: ['vault'] } }, { uid: 'u', roleArn: roleArn('web') }),
    says: /no audience of the token .*vault/,
  },
  'a provider that is not there': {
    make: () => workload({ oidcProviderARN: `${PROVIDER}-gone` }, { uid: 'u', roleArn: roleArn('web') }),
    says: /ack-rrsa-c1-gone/,
  },
  'a token file that is not there': {
    make: () => withTokenFile(`${cloud.tokenDirectory}/none`),
    field: 'spec.KMS.KMSAuth.oidcTokenFilePath',
    says: /none does not exist/,
  },
  'a token file that holds no token': {
    make: async () => withTokenFile(await cloud.tokenFile(CANARY)),
    field: 'spec.KMS.KMSAuth.oidcTokenFilePath',
    says: /is not a JSON Web Token|holds no/,
  },
  'a token that has expired': {
    make: async () => withTokenFile(await cloud.tokenFile(cloud.tokenOf(OPERATOR, undefined, { exp: 1_000_000 }))),
    field: 'spec.KMS.KMSAuth.oidcTokenFilePath',
    says: /expired at 1970/,
  },
  'a token file outside the allowed directories': {
    make: () => withTokenFile('/etc/passwd'),
    code: 'InvalidSpec',
    field: 'spec.KMS.KMSAuth.oidcTokenFilePath',
    says: /\/etc\/passwd is outside/,
  },
  'a client key that is not JSON': {
    make: () => withClientKey(CANARY),
    field: `${AAP}.clientKeyContent`,
    says: /key "file" of Secret prod\/aap .*JSON/,
  },
  'a client key that is not base64': {
    make: () => withClientKey(JSON.stringify({ KeyId: 'KAAP.demo', PrivateKeyData: `${CANARY}!!` })),
    field: `${AAP}.clientKeyContent`,
    says: /base64/,
  },
  'a client key that is not PKCS#12': {
    make: () =>
      withClientKey(JSON.stringify({ KeyId: 'KAAP.demo', PrivateKeyData: Buffer.from(CANARY).toString('base64') })),
    field: `${AAP}.clientKeyContent`,
    says: /PKCS#12/,
  },
  'a wrong password': {
    make: async () => withClientKey(await clientKeyFile(), 'canary-wrong'),
    field: `${AAP}.password`,
    says: /^SecretStore prod\/kms: \S+\.password: key "password" of Secret prod\/aap does not open the key "file" of Secret prod\/aap$/,
  },
  'no password': {
    make: async () => {
      cloud.secrets.set('prod/aap/file', await clientKeyFile())
      return cloud.instanceSpec()
    },
    field: `${AAP}.password`,
    says: /password: Secret prod\/aap has no key "password"$/,
  },
  'a client key that has expired': {
    make: async () => {
      const expiry = { notAfter: '2020-01-01T00:00:00Z' }
      const made = (await cloud.control('PUT', 'clientKeys/KAAP.spare', expiry)) as { file: string }
      return withClientKey(await readFile(made.file))
    },
    field: `${AAP}.clientKeyContent`,
    says: /client key KAAP\.spare expired at 2020/,
  },
  'a CA that is none': {
    make: () => withKnownClientKey({ ca: Buffer.from(CANARY).toString('base64') }),
    code: 'InvalidSpec',
    field: `${AAP}.ca`,
    says: /expected PEM certificates/,
  },
  'an instance that is not allowed': {
    make: () => withKnownClientKey({ endpoint: '100.100.100.200' }),
    code: 'InvalidSpec',
    field: `${AAP}.endpoint`,
    says: /100\.100\.100\.200 is not an allowed endpoint; allow it with --allow-endpoint/,
  },
  'an OOS that is not allowed': {
    make: () => {
      cloud.keep('creds', 'LTAI5tDemo')
      return { OOS: { OOSAuth: keyRefs('creds'), endpoint: 'evil.example' } }
    },
    code: 'InvalidSpec',
    field: 'spec.OOS.endpoint',
    says: /evil\.example is not an allowed endpoint/,
  },
  'the metadata service without a role': { make: () => nodeRole({ role: null }), says: /reports no RAM role/ },
  'a role that the node does not have': {
    make: () => ({ KMS: { KMSAuth: { workerRole: { roleName: 'another' } } } }),
    says: /role another is not attached to this instance/,
  },
  'a metadata service that issues no tokens': {
    make: () => nodeRole({ tokenService: false }),
    says: /issues no tokens .*allowMetadataV1 of the store/,
  },
}

describe('an invalid credential', () => {
  it.each(Object.entries(ROWS))('%s', async (_what, row) => {
    const { make, code = 'Unauthenticated', field = 'spec.KMS.KMSAuth', says } = row
    const registry = cloud.registry({ defaults: { identity: own } })
    try {
      const state = await registry.upsert(storeOf('kms', await make()), { signal })
      const error = state.ready ? undefined : state.error
      expect(error?.message).toMatch(says)
      expect(error).toMatchObject({ code, facts: { field } })
      expect(error?.message).toMatch(/^SecretStore prod\/kms: spec\./)
      // No other identity is tried, and no secret is read.
      await expect(readApp(registry, 'kms')).rejects.toMatchObject({ code })
      expect(await cloud.callers('GetSecretValue')).toEqual([])
      expect(inspect([state, registry], { depth: 12, showHidden: true })).not.toContain('canary')
    } finally {
      await cloud.control('PUT', 'metadata', { role: 'node', tokenService: true })
    }
  })

  it.each([
    ['the metadata service absent', { metadataEndpoint: '127.0.0.1:9' }, { workerRole: {} }, 'Unavailable'],
    ['STS unreachable', { stsEndpoint: '127.0.0.1:9' }, { serviceAccountRef: { name: 'web' } }, 'Unavailable'],
  ])('%s: not ready, with a message, and no other identity is tried', async (_what, defaults, KMSAuth, code) => {
    cloud.serviceAccounts.set('prod/web', { uid: 'u', roleArn: roleArn('web') })
    const registry = cloud.registry({ defaults: { identity: own, ...defaults } })
    const state = await registry.upsert(storeOf('kms', { KMS: { KMSAuth } }), { signal })
    expect(state).toMatchObject({ ready: false, error: { code, message: expect.stringContaining('127.0.0.1:9') } })
    await expect(readApp(registry, 'kms')).rejects.toMatchObject({ code })
    expect(await cloud.callers('GetSecretValue')).toEqual([])
  })

  it.each([
    [
      'another CA than that of the instance',
      async () => ({ ca: Buffer.from(cloud.simulator.caPem).toString('base64') }),
      /certificate that is not trusted \(\w+\): set ca to the CA of the instance/,
    ],
    [
      'no CA, for an instance with another CA than that of the region',
      () => ({ ca: '' }),
      /certificate that is not trusted/,
    ],
    [
      'an instance that does not exist',
      () => ({ endpoint: '127.0.0.1:9' }),
      /127\.0\.0\.1:9 cannot be reached \(ECONNREFUSED\)/,
    ],
  ])('%s: not ready, with a message', async (_what, change, says) => {
    await cloud.keepClientKey('aap', 'KAAP.demo')
    const registry = cloud.registry({ allowEndpoints: [cloud.host('instance'), '127.0.0.1:9'] })
    const state = await registry.upsert(storeOf('kms', await cloud.instanceSpec(await change())), { signal })
    expect(state).toMatchObject({
      ready: false,
      error: { code: 'Unavailable', message: expect.stringMatching(says), facts: { field: AAP } },
    })
    await expect(readApp(registry, 'kms')).rejects.toMatchObject({ code: 'Unavailable' })
  })

  it('a wrong clock is reported', async () => {
    const registry = cloud.registry()
    const early = cloud.tokenOf(OPERATOR, undefined, { nbf: Math.floor(Date.now() / 1_000) + 3_600 })
    const state = await registry.upsert(storeOf('kms', withTokenFile(await cloud.tokenFile(early))), { signal })
    expect(state).toMatchObject({ ready: false, error: { code: 'Unauthenticated' } })
  })

  it.each([
    ['behind', -48 * HOUR_MS, undefined, 'is not valid before'],
    ['ahead', 100_000 * HOUR_MS, undefined, 'expired at'],
    ['ahead, as that of the API server', 100_000 * HOUR_MS, 100_000 * HOUR_MS, 'expired at'],
    ['behind', -48 * HOUR_MS, 0, "clock, which is 2880 min behind the API server's, is outside its dates"],
    ['ahead', 100_000 * HOUR_MS, 0, "clock, which is 6000000 min ahead of the API server's, is outside its dates"],
  ])('a client key is used as soon as a clock that was %s is corrected', async (_way, aheadMs, serverMs, says) => {
    await cloud.keepClientKey('aap', 'KAAP.demo')
    const clock = { ...systemClock, now: () => systemClock.now() + aheadMs }
    const serverTimeMs = (): number | undefined => (serverMs === undefined ? undefined : systemClock.now() + serverMs)
    const registry = cloud.registry({ clock, serverTimeMs })
    const store = storeOf('kms', await cloud.instanceSpec())
    const state = await registry.upsert(store, { signal })
    expect(state).toMatchObject({ ready: false, error: { message: expect.stringContaining(says) } })
    clock.now = () => systemClock.now()
    expect(await registry.upsert(store, { signal })).toMatchObject({ ready: true })
    expect(await readApp(registry, 'kms')).toBe('from-kms')
  })

  it('warns about unverified TLS, and separates connections with different CAs', async () => {
    await cloud.keepClientKey('aap', 'KAAP.demo')
    const registry = cloud.registry()
    expect(await registry.upsert(storeOf('safe', await cloud.instanceSpec()), { signal })).not.toHaveProperty(
      'tlsWarning',
    )
    expect(
      await registry.upsert(storeOf('open', await cloud.instanceSpec({ ignoreSSL: true })), { signal }),
    ).toMatchObject({
      ready: true,
      tlsWarning: expect.stringContaining('spec.KMS.dedicatedKMSAuth.ignoreSSL'),
    })
    expect(registry.leadsTo('prod', 'safe')).not.toBe(registry.leadsTo('prod', 'open'))
    expect(await readApp(registry, 'open')).toBe('from-kms')
  })

  it('verifies the certificates of endpoints that entries of a store with ignoreSSL name', async () => {
    await cloud.keepClientKey('aap', 'KAAP.demo')
    const fixture = new StoreFixture()
    for (const [path, value] of cloud.secrets) fixture.secrets.set(path, value)
    const open = await cloud.instanceSpec({ endpoint: 'kst-a', ignoreSSL: true })
    await fixture.registry.upsert(storeOf('open', open), { signal })
    connectionOf(fixture.registry.resolve({ ...inProd('open'), kmsEndpoint: 'kst-b.cryptoservice.kms.aliyuncs.com' }))
    expect(fixture.made).toMatchObject([
      { endpoint: 'kst-a.cryptoservice.kms.aliyuncs.com', ignoreSSL: true },
      { endpoint: 'kst-b.cryptoservice.kms.aliyuncs.com', ignoreSSL: false },
    ])
    await fixture.registry.close()
  })
})
