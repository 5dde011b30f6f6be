import { isSecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { type TokenSubject, whyNoTokens } from './internal/admission/token-admission.ts'
import type { StoreResource } from './store-references.ts'
import type { StoreRegistryOptions } from './store-types.ts'
import { auth, CANARY, clusterStoreOf, signal, StoreFixture, storeOf } from './testing/store-fixture.ts'

const KMS = { KMS: auth('creds') }
const ROLE = 'acs:ram::1234567890123456:role/upload'
const INSTANCE: TokenSubject = { kind: 'instance', name: 'cri-a' }

/** The identity of a token; code and message if the store hands out none. */
async function identityOf(
  store: StoreResource,
  {
    namespace = 'prod',
    subject = INSTANCE,
    options = {},
  }: { namespace?: string; subject?: TokenSubject; options?: Partial<StoreRegistryOptions> } = {},
): Promise<string> {
  const fixture = new StoreFixture(options)
  fixture.keep('creds', 'LTAI5tProd')
  fixture.keep('creds', 'LTAI5tVault', CANARY, 'vault')
  await fixture.registry.upsert(store, { signal })
  const { kind } = store
  const ref = { name: store.metadata.name, kind, ...(kind === 'SecretStore' ? { namespace: 'prod' } : {}) }
  try {
    const { provider, region } = fixture.registry.tokenIdentity({ namespace, ref, subject })
    expect(JSON.stringify(provider.identity)).not.toContain(CANARY)
    return `${provider.identity.description} in ${region}`
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    return `${error.code}: ${error.message}`
  }
}

const ALLOWED = 'AccessKey LTAI5tProd in cn-hangzhou'
const LABEL = 'SecretStore prod/registry'
const listed = (what: string): string =>
  `StoreNotAllowed: ${LABEL} does not allow namespace prod a token for ${what}; spec.allowTokens of the store lists the allowed ones`

it.each<[rule: string, spec: object, subject: TokenSubject, result: string]>([
  [
    'none without allowTokens, whatever may be read and written',
    { allow: [{ secrets: ['**'] }], allowPush: [{ secrets: ['**'] }] },
    INSTANCE,
    `StoreNotAllowed: ${LABEL} hands out no tokens; spec.allowTokens of the store can allow it`,
  ],
  [
    'none with an empty list',
    { allowTokens: [] },
    INSTANCE,
    `StoreNotAllowed: ${LABEL} hands out no tokens; spec.allowTokens of the store can allow it`,
  ],
  ['those of a listed instance', { allowTokens: [{ instances: ['cri-a'] }] }, INSTANCE, ALLOWED],
  ['none of another instance', { allowTokens: [{ instances: ['cri-b'] }] }, INSTANCE, listed('instance cri-a')],
  ['none of an instance for a list of roles', { allowTokens: [{ roles: [ROLE] }] }, INSTANCE, listed('instance cri-a')],
  ['those of a listed role', { allowTokens: [{ roles: [ROLE] }] }, { kind: 'role', name: ROLE }, ALLOWED],
  [
    'none of a role for a list of instances',
    { allowTokens: [{ instances: ['cri-a'] }] },
    { kind: 'role', name: ROLE },
    listed(`role ${ROLE}`),
  ],
  [
    'none for other namespaces than the listed ones',
    { allowTokens: [{ namespaces: ['dev'], instances: ['cri-a'] }] },
    INSTANCE,
    listed('instance cri-a'),
  ],
])('a SecretStore with its own identity hands out %s', async (_rule, spec, subject, result) =>
  expect(await identityOf(storeOf('registry', { ...KMS, ...spec }), { subject })).toBe(result),
)

it('a tenant gets no token of the operator through a SecretStore of the tenant', async () => {
  const spec = { allowTokens: [{ instances: ['cri-a'] }] }
  const why = 'has the identity of the operator, so it hands out no tokens'
  for (const own of [{ KMS: {} }, { KMS: { KMSAuth: { ramRoleARN: ROLE } } }]) {
    const result = await identityOf(storeOf('registry', { ...own, ...spec }))
    expect([own, result]).toEqual([own, expect.stringContaining(why)])
  }
})

it('a ClusterSecretStore hands out tokens to admitted and listed namespaces', async () => {
  const spec = {
    KMS: auth('creds', 'prod'),
    conditions: [{ namespaces: ['prod', 'dev'] }],
    allowTokens: [{ namespaces: ['prod', 'test'], instances: ['cri-a'] }],
  }
  const store = clusterStoreOf('registry', spec)
  expect(await identityOf(store)).toBe(ALLOWED)
  expect(await identityOf(store, { namespace: 'dev' })).toContain('does not allow namespace dev a token')
  expect(await identityOf(store, { namespace: 'test' })).toContain('does not admit namespace test')
})

describe('over namespaces', () => {
  const CROSS = { enableCrossNamespaceSecretStore: true, enableCrossNamespaceAuthRef: true }
  const tokens = (...namespaces: string[]): object => ({ allowTokens: [{ namespaces, instances: ['cri-a'] }] })

  it.each<[rule: string, options: object, namespaces: string[], result: string]>([
    ['none without the flag', {}, ['dev'], 'CrossNamespaceRefused'],
    ['none to a namespace that the entry does not name', CROSS, [], 'does not allow namespace dev a token'],
    ['those of an entry that names the namespace', CROSS, ['dev'], ALLOWED],
  ])('a SecretStore hands out %s', async (_rule, options, namespaces, result) => {
    const store = storeOf('registry', { ...KMS, ...tokens(...namespaces) })
    expect(await identityOf(store, { namespace: 'dev', options })).toContain(result)
  })

  it('a SecretStore with the AccessKey of another namespace reads, and hands out none', async () => {
    const store = storeOf('registry', { KMS: auth('creds', 'vault'), ...tokens() })
    const why = 'has an identity of namespace vault, so it hands out no tokens; use a ClusterSecretStore'
    expect(await identityOf(store, { options: CROSS })).toBe(`StoreNotAllowed: ${LABEL} ${why}`)
    const cluster = clusterStoreOf('registry', { KMS: auth('creds', 'vault'), ...tokens('prod') })
    expect(await identityOf(cluster)).toBe('AccessKey LTAI5tVault in cn-hangzhou')
  })
})

it('a store without a RAM identity hands out none', async () => {
  const key = (name: string): object => ({ name: 'client-key', key: name })
  const refs = { clientKeyContent: key('content'), password: key('password') }
  const dedicatedKMSAuth = { protocol: 'https', endpoint: 'kst-1.cryptoservice.kms.aliyuncs.com', ...refs }
  const store = storeOf('registry', { KMS: { dedicatedKMSAuth }, allowTokens: [{ instances: ['cri-a'] }] })
  expect(whyNoTokens(store)).toBe('has no RAM identity, so it hands out no tokens')
})

it.each<[spec: object, why: string | undefined]>([
  [KMS, undefined],
  [{ KMS: {} }, 'has the identity of the operator'],
  [{ KMS: { KMSAuth: { ramRoleARN: ROLE } } }, 'has the identity of the operator'],
  [{ KMS: { KMSAuth: { ramRoleARN: ROLE, oidcTokenFilePath: '/var/run/secrets/t/token' } } }, 'of the operator'],
  [{ KMS: { KMSAuth: { workerRole: {} } } }, 'has the identity of the operator'],
  [{ KMS: { KMSAuth: { remoteRamRoleARN: ROLE } } }, 'has the identity of the operator'],
  [{ KMS: { KMSAuth: { serviceAccountRef: { name: 'web' } } } }, undefined],
  [{ KMS: { KMSAuth: { serviceAccountRef: { name: 'web', namespace: 'vault' } } } }, 'an identity of namespace vault'],
])('names why allowTokens of a SecretStore has no effect: %j', (spec, why) => {
  const text = whyNoTokens(storeOf('registry', { ...spec, allowTokens: [{ instances: ['cri-a'] }] }))
  expect(text).toEqual(why === undefined ? undefined : expect.stringContaining(why))
  expect(whyNoTokens(storeOf('registry', spec))).toBeUndefined()
})

it('has the region of the latest spec, also at an endpoint that the store names', async () => {
  const fixture = new StoreFixture()
  fixture.keep('creds', 'LTAI5tProd')
  const regionOf = async (change: object): Promise<string> => {
    const at = { endpoint: 'kms.cn-beijing.aliyuncs.com', ...auth('creds'), ...change }
    await fixture.registry.upsert(storeOf('registry', { KMS: at, allowTokens: [{ instances: ['cri-a'] }] }), { signal })
    const ref = { name: 'registry', kind: 'SecretStore' } as const
    return fixture.registry.tokenIdentity({ namespace: 'prod', ref, subject: INSTANCE }).region
  }
  const regions = [await regionOf({}), await regionOf({ region: 'cn-beijing' }), await regionOf({})]
  expect(regions).toEqual(['cn-hangzhou', 'cn-beijing', 'cn-hangzhou'])
  expect([fixture.made.length, fixture.closed]).toEqual([1, []])
  fixture.registry.remove('prod', 'registry')
  expect(fixture.closed).toEqual(['LTAI5tProd@kms.cn-beijing.aliyuncs.com'])
})

it('calls Container Registry at the configured endpoint in the default region only', async () => {
  const defaults = { region: 'cn-hangzhou', registryEndpoint: 'cr.example.com:8443' }
  const fixture = new StoreFixture({ defaults })
  fixture.keep('creds', 'LTAI5tProd')
  await fixture.registry.upsert(storeOf('registry', { ...KMS, allowTokens: [{ instances: ['cri-a'] }] }), { signal })
  const ref = { name: 'registry', kind: 'SecretStore' } as const
  const { registry } = fixture.registry.tokenIdentity({ namespace: 'prod', ref, subject: INSTANCE })
  expect(registry).toEqual(defaults)
  const malformed = { region: 'cn-hangzhou', registryEndpoint: 'https://cr.example.com' }
  expect(() => new StoreFixture({ defaults: malformed })).toThrow('--registry-endpoint: expected HOST or HOST:PORT')
})
