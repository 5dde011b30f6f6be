import { isSecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import type { StoreResource } from './store-references.ts'
import { auth, CANARY, clusterStoreOf, signal, StoreFixture, storeOf } from './testing/store-fixture.ts'

const KMS = { KMS: auth('creds') }
const ALL = { allowPush: [{ secrets: ['**'] }] }

/** What a write of this secret is refused with: its code and message; the endpoint if it is allowed. */
async function pushThrough(
  store: StoreResource,
  { namespace = 'prod', secret = 'shop/db', fixture = new StoreFixture() } = {},
): Promise<string> {
  fixture.keep('creds', 'LTAI5tProd')
  await fixture.registry.upsert(store, { signal })
  const kind = store.kind
  const ref = { name: store.metadata.name, kind, ...(kind === 'SecretStore' ? { namespace: 'prod' } : {}) }
  try {
    const { endpoint, provider } = fixture.registry.pushTarget({ namespace, ref, secret })
    expect(JSON.stringify(provider.identity)).not.toContain(CANARY)
    return `${provider.identity.description} at ${endpoint}`
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    return `${error.code}: ${error.message}`
  }
}

describe('a write through a store', () => {
  it('uses its endpoint and identity', async () =>
    expect(await pushThrough(storeOf('kms', { ...KMS, ...ALL }))).toBe(
      'AccessKey LTAI5tProd at kms-vpc.cn-hangzhou.aliyuncs.com',
    ))

  const LABEL = 'SecretStore prod/kms'
  it.each<[rule: string, spec: object, secret: string, refusal: string | undefined]>([
    [
      'is refused without allowPush',
      {},
      'shop/db',
      `${LABEL} allows no PushSecret to write; spec.allowPush of the store can allow it`,
    ],
    [
      'is refused with an empty list',
      { allowPush: [] },
      'shop/db',
      `${LABEL} allows no PushSecret to write; spec.allowPush of the store can allow it`,
    ],
    [
      'is not allowed by a list of reads',
      { allow: [{ secrets: ['**'] }] },
      'shop/db',
      `${LABEL} allows no PushSecret to write; spec.allowPush of the store can allow it`,
    ],
    ['is allowed by a pattern', { allowPush: [{ secrets: ['shop/*'] }] }, 'shop/db', undefined],
    [
      'is refused below a segment',
      { allowPush: [{ secrets: ['shop/*'] }] },
      'shop/db/x',
      `${LABEL} does not allow namespace prod to write "shop/db/x"; spec.allowPush of the store lists the allowed secrets`,
    ],
    [
      'is refused for a path that leaves the segment',
      { allowPush: [{ secrets: ['shop/**'] }] },
      'shop/../other',
      `${LABEL} does not allow namespace prod to write "shop/../other"; spec.allowPush of the store lists the allowed secrets`,
    ],
    [
      'is refused for other namespaces',
      { allowPush: [{ secrets: ['**'], namespaces: ['dev'] }] },
      'shop/db',
      `${LABEL} does not allow namespace prod to write "shop/db"; spec.allowPush of the store lists the allowed secrets`,
    ],
    [
      'must also be in the list of reads',
      { ...ALL, allow: [{ secrets: ['other/**'] }] },
      'shop/db',
      `${LABEL} does not allow namespace prod to write "shop/db"; spec.allow of the store lists the allowed secrets`,
    ],
    ['is allowed by both lists', { ...ALL, allow: [{ secrets: ['shop/**'] }] }, 'shop/db', undefined],
  ])('%s', async (_rule, spec, secret, refusal) => {
    const found = await pushThrough(storeOf('kms', { ...KMS, ...spec }), { secret })
    expect(found).toBe(
      refusal === undefined
        ? 'AccessKey LTAI5tProd at kms-vpc.cn-hangzhou.aliyuncs.com'
        : `StoreNotAllowed: ${refusal}`,
    )
  })

  it('is refused for a namespace that a ClusterSecretStore does not admit, before its own error', async () => {
    const spec = { KMS: { KMSAuth: { workerRole: {} } }, conditions: [{ namespaces: ['dev'] }], ...ALL }
    expect(await pushThrough(clusterStoreOf('shared', spec))).toBe(
      'StoreNotAllowed: ClusterSecretStore shared does not admit namespace prod; spec.conditions of the store lists the admitted namespaces',
    )
  })

  it('is refused through a store of another namespace', async () =>
    expect(await pushThrough(storeOf('kms', { ...KMS, ...ALL }), { namespace: 'evil' })).toMatch(
      /^CrossNamespaceRefused: SecretStore prod\/kms is not in namespace evil/,
    ))

  it('is refused through a store that cannot write', async () => {
    const instance = { KMS: { ...auth('creds'), dedicatedKMSAuth: { protocol: 'https', endpoint: 'kst-a' } }, ...ALL }
    const oos = { OOS: { OOSAuth: (auth('creds') as { KMSAuth: object }).KMSAuth }, ...ALL }
    const byHost = { KMS: { ...auth('creds'), endpoint: 'kst-a.cryptoservice.kms.aliyuncs.com' }, ...ALL }
    for (const spec of [instance, oos, byHost]) {
      expect(await pushThrough(storeOf('kms', spec))).toMatch(
        /^InvalidSpec: secretStoreRef: the store reads from .*; secrets can be pushed only through a store in KMS, with a RAM identity and an endpoint of a region$/,
      )
    }
  })

  it('is refused as long as either the former or the new spec of the store does not allow it', async () => {
    const fixture = new StoreFixture()
    const allowed = storeOf('kms', { ...KMS, ...ALL })
    expect(await pushThrough(allowed, { fixture })).toContain('LTAI5tProd')
    expect(await pushThrough(storeOf('kms', KMS), { fixture })).toMatch(/^StoreNotAllowed/)
    expect(await pushThrough(allowed, { fixture })).toContain('LTAI5tProd')
  })

  it('fails with the error of a store without a connection', () => {
    const { registry } = new StoreFixture()
    const query = { namespace: 'prod', ref: { name: 'gone' }, secret: 'a' }
    expect(() => registry.pushTarget(query)).toThrow(expect.objectContaining({ code: 'StoreNotFound' }))
  })

  it.each<[namespace: string, spec: object, isKnown: boolean]>([
    ['dev', { allowPush: [{ secrets: ['a'], namespaces: ['dev'] }] }, true],
    ['dev', { ...ALL, conditions: [{ namespaces: ['dev'] }], allow: [{ secrets: ['b'] }] }, true],
    ['prod', { allowPush: [{ secrets: ['a'], namespaces: ['dev'] }] }, false],
    ['prod', { ...ALL, allow: [{ secrets: ['a'], namespaces: ['dev'] }] }, false],
    ['prod', { ...ALL, conditions: [{ namespaces: ['dev'] }] }, false],
    ['prod', {}, false],
  ])(
    'has a known destination only for a namespace that may write some secret: %s, %j',
    async (namespace, spec, isKnown) => {
      const fixture = new StoreFixture()
      fixture.keep('creds', 'LTAI5tProd')
      await fixture.registry.upsert(clusterStoreOf('shared', { KMS: auth('creds', 'prod'), ...spec }), { signal })
      const target = fixture.registry.pushConnection({ namespace, ref: { name: 'shared', kind: 'ClusterSecretStore' } })
      expect(target?.endpoint).toBe(isKnown ? 'kms-vpc.cn-hangzhou.aliyuncs.com' : undefined)
    },
  )

  it('has no known destination through a store of another namespace', async () => {
    const fixture = new StoreFixture()
    fixture.keep('creds', 'LTAI5tProd')
    await fixture.registry.upsert(storeOf('kms', { ...KMS, ...ALL }), { signal })
    const endpointFor = (namespace: string): string | undefined =>
      fixture.registry.pushConnection({ namespace, ref: { name: 'kms', namespace: 'prod' } })?.endpoint
    expect([endpointFor('prod'), endpointFor('evil')]).toEqual(['kms-vpc.cn-hangzhou.aliyuncs.com', undefined])
  })
})
