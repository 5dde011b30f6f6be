import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreQuery } from '@ack-secret-manager/core'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { describe, expect, it } from 'vitest'
import type { StoreRegistryOptions } from './store-types.ts'
import {
  CANARY,
  clusterStoreOf,
  connectionOf,
  inProd,
  keyRefs,
  own,
  readThrough,
  signal,
  storeOf,
  StoreFixture,
} from './testing/store-fixture.ts'

/** An attempt of tenant `evil` to use the resources of `prod`. */
interface Attempt {
  readonly spec: object
  readonly code: string
  readonly field?: string
}

const ramRoleARN = 'acs:ram::1:role/a'

const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  'another namespace’s AccessKey': {
    spec: { KMS: { KMSAuth: keyRefs('creds', 'prod') } },
    code: 'CrossNamespaceRefused',
    field: 'spec.KMS.KMSAuth.accessKey.namespace',
  },
  'half of another namespace’s AccessKey': {
    spec: {
      KMS: {
        KMSAuth: {
          accessKey: { name: 'creds', key: 'id' },
          accessKeySecret: { name: 'creds', namespace: 'prod', key: 'secret' },
        },
      },
    },
    code: 'CrossNamespaceRefused',
    field: 'spec.KMS.KMSAuth.accessKeySecret.namespace',
  },
  'another namespace’s AccessKey for OOS': {
    spec: { OOS: { OOSAuth: keyRefs('creds', 'prod') } },
    code: 'CrossNamespaceRefused',
    field: 'spec.OOS.OOSAuth.accessKey.namespace',
  },
  'another namespace’s client key': {
    spec: {
      KMS: {
        dedicatedKMSAuth: {
          protocol: 'https',
          endpoint: 'kst-a',
          clientKeyContent: { name: 'creds', namespace: 'prod', key: 'id' },
          password: { name: 'creds', key: 'secret' },
        },
      },
    },
    code: 'CrossNamespaceRefused',
    field: 'spec.KMS.dedicatedKMSAuth.clientKeyContent.namespace',
  },
  'another namespace’s ServiceAccount': {
    spec: { KMS: { KMSAuth: { serviceAccountRef: { name: 'web', namespace: 'prod' } } } },
    code: 'CrossNamespaceRefused',
    field: 'spec.KMS.KMSAuth.serviceAccountRef.namespace',
  },
  'the node’s role': {
    spec: { KMS: { KMSAuth: { workerRole: {} } } },
    code: 'Unauthenticated',
    field: 'spec.KMS.KMSAuth.workerRole',
  },
  'a file of the operator': {
    spec: { KMS: { KMSAuth: { ramRoleARN, oidcTokenFilePath: '/proc/self/environ' } } },
    code: 'InvalidSpec',
    field: 'spec.KMS.KMSAuth.oidcTokenFilePath',
  },
  'the operator’s token for the API server': {
    spec: {
      KMS: { KMSAuth: { ramRoleARN, oidcTokenFilePath: '/var/run/secrets/kubernetes.io/serviceaccount/token' } },
    },
    code: 'InvalidSpec',
    field: 'spec.KMS.KMSAuth.oidcTokenFilePath',
  },
  'requests signed for its own host': {
    spec: { KMS: { endpoint: 'kms.cn-hangzhou.aliyuncs.com.evil.example' } },
    code: 'InvalidSpec',
    field: 'spec.KMS.endpoint',
  },
  'requests signed for the metadata service': {
    spec: { KMS: { endpoint: '100.100.100.200' } },
    code: 'InvalidSpec',
    field: 'spec.KMS.endpoint',
  },
  'its own host as an instance': {
    spec: { KMS: { KMSAuth: {}, dedicatedKMSAuth: { protocol: 'https', endpoint: 'evil.example' } } },
    code: 'InvalidSpec',
    field: 'spec.KMS.dedicatedKMSAuth.endpoint',
  },
  'its own host as OOS': {
    spec: { OOS: { endpoint: '127.0.0.1:6443' } },
    code: 'InvalidSpec',
    field: 'spec.OOS.endpoint',
  },
  'a package that the operator was not started with': {
    spec: { plugin: { package: 'evil' } },
    code: 'InvalidSpec',
    field: 'spec.plugin.package',
  },
}

function setup(options: Partial<StoreRegistryOptions> = {}) {
  const looked: string[] = []
  const fixture = new StoreFixture({
    defaults: { region: 'cn-hangzhou', identity: own, oidcProviderArn: 'acs:ram::1:oidc-provider/ack' },
    readServiceAccount: async ({ namespace, name }) => {
      looked.push(`${namespace}/${name}`)
      return { uid: 'u', roleArn: 'acs:ram::1:role/a' }
    },
    requestToken: async () => {
      looked.push('token')
      return CANARY
    },
    namespaceLabels: (namespace) => (namespace === 'shop' ? { team: 'payments' } : {}),
    ...options,
  })
  fixture.keep('creds', 'LTAI5tProd')
  fixture.keep('creds', 'LTAI5tEvil', CANARY, 'evil')
  return { fixture, looked }
}

describe('a tenant cannot get', () => {
  it.each(Object.entries(ATTEMPTS))('%s: no lookup and no request', async (_what, { spec, code, field }) => {
    const { fixture, looked } = setup()
    const state = await fixture.registry.upsert(storeOf('s', spec, 'evil'), { signal })
    expect(state).toMatchObject({ ready: false, error: { code, facts: { field } } })
    expect([fixture.lookups, fixture.made, looked]).toEqual([[], [], []])
    const { secrets, serviceAccounts, tokenFiles } = fixture.registry.sourcesOf('evil', 's')
    expect(secrets.filter(({ namespace }) => namespace !== 'evil')).toEqual([])
    expect([serviceAccounts, tokenFiles]).toEqual([[], []])
    expect(fixture.registry.resolve({ namespace: 'evil', ref: { name: 's' } })).toMatchObject({ error: { code } })
  })

  it('reads of another tenant by naming the same AccessKey id', async () => {
    const { fixture } = setup()
    fixture.keep('mine', 'LTAI5tProd', 'canary-guess', 'evil')
    await fixture.registry.upsert(storeOf('kms', { KMS: { KMSAuth: keyRefs('creds') } }), { signal })
    await fixture.registry.upsert(storeOf('kms', { KMS: { KMSAuth: keyRefs('mine') } }, 'evil'), { signal })
    const [prod, evil] = ['prod', 'evil'].map((namespace) =>
      connectionOf(fixture.registry.resolve({ namespace, ref: { name: 'kms' } })),
    )
    expect(prod?.key).not.toBe(evil?.key)
  })

  it.each<[string, StoreQuery]>([
    ['by its namespace', { namespace: 'evil', ref: { name: 'kms', namespace: 'prod' } }],
    ['by the kind ClusterSecretStore', { namespace: 'evil', ref: { name: 'kms', kind: 'ClusterSecretStore' } }],
    ['by a path', { namespace: 'evil', ref: { name: '../prod/kms' } }],
    ['by a path in the name', { namespace: '', ref: { name: 'prod/kms', kind: 'ClusterSecretStore' } }],
    ['by an empty namespace', { namespace: 'evil', ref: { name: 'shared', namespace: '' } }],
  ])('another namespace’s store %s', async (_how, query) => {
    const { fixture } = setup()
    await fixture.registry.upsert(storeOf('kms', { KMS: { KMSAuth: keyRefs('creds') } }), { signal })
    await fixture.registry.upsert(clusterStoreOf('shared', { KMS: { KMSAuth: keyRefs('creds', 'prod') } }), { signal })
    expect(fixture.registry.resolve(query).kind).toBe('error')
  })

  it('its own endpoint through a store that it may use', async () => {
    const { fixture } = setup()
    await fixture.registry.upsert(clusterStoreOf('shared', { KMS: { KMSAuth: keyRefs('creds', 'prod') } }), { signal })
    const made = fixture.made.length
    const ref = { name: 'shared', kind: 'ClusterSecretStore' } as const
    expect(fixture.registry.resolve({ namespace: 'evil', ref, kmsEndpoint: 'evil.example' })).toMatchObject({
      error: { code: 'InvalidSpec' },
    })
    expect(fixture.made).toHaveLength(made)
  })
})

describe('a ClusterSecretStore', () => {
  const ref = { name: 'shared', kind: 'ClusterSecretStore' } as const
  const shared = (change: object = {}) =>
    clusterStoreOf('shared', { KMS: { KMSAuth: keyRefs('creds', 'prod') }, ...change })
  const limits = {
    conditions: [{ namespaceSelector: { matchLabels: { team: 'payments' } } }, { namespaces: ['prod'] }],
    allow: [
      { namespaces: ['shop'], secrets: ['shop/*'] },
      { namespaces: ['prod'], secrets: ['**'] },
    ],
  }

  it('admits every namespace by default', async () => {
    const { fixture } = setup()
    expect(await fixture.registry.upsert(shared(), { signal })).toMatchObject({
      ready: true,
      identity: 'AccessKey LTAI5tProd',
    })
    expect(await readThrough(connectionOf(fixture.registry.resolve({ namespace: 'anybody', ref })))).toMatch(
      /^LTAI5tProd@/,
    )
    expect(fixture.registry.sourcesOf('', 'shared').secrets).toEqual([{ namespace: 'prod', name: 'creds' }])
  })

  it.each([
    ['shop', 'shop/db', 'ready'],
    ['prod', 'anything/at/all', 'ready'],
    ['shop', 'prod/db', 'does not allow namespace shop to read "prod/db"'],
    ['shop', undefined, 'names no secret'],
    ['evil', 'shop/db', 'does not admit namespace evil'],
  ])('with limits: %s reading %s: %s', async (namespace, secret, outcome) => {
    const { fixture } = setup()
    await fixture.registry.upsert(shared(limits), { signal })
    const found = fixture.registry.resolve({ namespace, ref, secret })
    if (outcome === 'ready') expect(found.kind).toBe('ready')
    else expect(found).toMatchObject({ error: { code: 'StoreNotAllowed', message: expect.stringContaining(outcome) } })
  })

  it.each([
    ['prod', 'by name', limits.conditions, undefined],
    ['evil', 'by every selector', [{ namespaceSelector: {} }], undefined],
    ['shop', 'by label', limits.conditions, 'its labels are not watched without --process-cluster-secret-store'],
    ['evil', 'by name', [{ namespaces: ['prod'] }], 'spec.conditions of the store lists the admitted namespaces'],
  ])('without labels of namespaces: %s, admitted %s', async (namespace, _how, conditions, says) => {
    const fixture = new StoreFixture({ defaults: { region: 'cn-hangzhou', identity: own } })
    fixture.keep('creds', 'LTAI5tProd')
    await fixture.registry.upsert(shared({ conditions }), { signal })
    const found = fixture.registry.resolve({ namespace, ref })
    if (says === undefined) expect(found.kind).toBe('ready')
    else expect(found).toMatchObject({ error: { code: 'StoreNotAllowed', message: expect.stringContaining(says) } })
  })

  it.each([
    ['its own endpoint', [], 'kms-vpc.cn-hangzhou.aliyuncs.com', 'ready'],
    ['its own endpoint with its port', [], 'kms-vpc.cn-hangzhou.aliyuncs.com:443', 'ready'],
    ['another endpoint', [], 'kms.cn-beijing.aliyuncs.com', 'StoreNotAllowed'],
    ['an endpoint of allow', ['kms.*.aliyuncs.com'], 'kms.cn-beijing.aliyuncs.com', 'ready'],
    ['an endpoint outside allow', ['kms.*.aliyuncs.com'], 'kms-vpc.cn-beijing.aliyuncs.com', 'StoreNotAllowed'],
    ['an endpoint that only allow lists', ['evil.example'], 'evil.example', 'InvalidSpec'],
    ['a malformed endpoint', ['*.example'], 'user@evil.example', 'InvalidSpec'],
  ])('bounds kmsEndpoint by allow: %s', async (_what, endpoints, kmsEndpoint, expected) => {
    const { fixture } = setup()
    await fixture.registry.upsert(shared({ allow: [{ secrets: ['shop/*'], endpoints }] }), { signal })
    const made = fixture.made.length
    const query = { namespace: 'shop', ref, secret: 'shop/db' }
    const found = fixture.registry.resolve({ ...query, kmsEndpoint })
    expect(found.kind === 'error' ? found.error.code : found.kind).toBe(expected)
    if (found.kind === 'ready') return
    expect([found.error.message, fixture.made.length]).toEqual([expect.stringMatching(/^kmsEndpoint: /), made])
    expect(fixture.registry.resolve(query).kind).toBe('ready')
  })

  it('revokes an endpoint that is removed from allow', async () => {
    const { fixture } = setup()
    const query = { namespace: 'shop', ref, secret: 'shop/db', kmsEndpoint: 'kms.cn-beijing.aliyuncs.com' }
    const edition = (endpoints: readonly string[]) => shared({ allow: [{ secrets: ['shop/*'], endpoints }] })
    await fixture.registry.upsert(edition(['kms.*.aliyuncs.com']), { signal })
    const before = fixture.registry.leadsTo('', 'shared')
    expect(fixture.registry.resolve(query).kind).toBe('ready')
    await fixture.registry.upsert(edition([]), { signal })
    expect(fixture.registry.resolve(query)).toMatchObject({
      error: { code: 'StoreNotAllowed', facts: { field: 'kmsEndpoint' } },
    })
    expect(fixture.registry.leadsTo('', 'shared')).not.toBe(before)
  })

  it('is not ready with a malformed pattern of an endpoint', async () => {
    const { fixture } = setup()
    const malformed = shared({
      allow: [{ secrets: ['a'] }, { secrets: ['a'], endpoints: ['a.example', 'a.example:99999'] }],
    })
    expect(await fixture.registry.upsert(malformed, { signal })).toMatchObject({
      ready: false,
      error: {
        code: 'InvalidSpec',
        message: expect.stringMatching(/^ClusterSecretStore shared: spec\.allow\[1\]\.endpoints\[1\]: /),
      },
    })
    expect([fixture.lookups, fixture.made]).toEqual([[], []])
    expect(fixture.registry.resolve({ namespace: 'shop', ref, secret: 'a' })).toMatchObject({
      error: { code: 'InvalidSpec' },
    })
  })

  it('shows no credential error to namespaces that may not use it', async () => {
    const { fixture } = setup()
    const missing = clusterStoreOf('shared', { KMS: { KMSAuth: keyRefs('gone', 'prod') }, ...limits })
    await fixture.registry.upsert(missing, { signal })
    expect(fixture.registry.resolve({ namespace: 'evil', ref, secret: 'shop/db' })).toMatchObject({
      error: { code: 'StoreNotAllowed', message: expect.not.stringContaining('gone') },
    })
    expect(fixture.registry.resolve({ namespace: 'prod', ref, secret: 'shop/db' })).toMatchObject({
      error: { code: 'Unauthenticated', message: expect.stringMatching(/^ClusterSecretStore shared: .*prod\/gone/) },
    })
  })

  it('requires a reconcile when its limits change', async () => {
    const { fixture } = setup()
    expect(fixture.registry.leadsTo('', 'shared')).toBeUndefined()
    await fixture.registry.upsert(shared(), { signal })
    const before = fixture.registry.leadsTo('', 'shared')
    await fixture.registry.upsert(shared(), { signal })
    expect(fixture.registry.leadsTo('', 'shared')).toBe(before)
    await fixture.registry.upsert(shared(limits), { signal })
    expect(fixture.registry.leadsTo('', 'shared')).not.toBe(before)
  })

  it('does not give a newly admitted namespace the former identity while an edit is validated', async () => {
    let stops: Promise<void> | undefined
    const { promise: pause, resolve: goOn } = Promise.withResolvers<void>()
    const { fixture } = setup({
      readSecretKey: async ({ namespace, name, key }) => {
        await stops
        const value = fixture.secrets.get(`${namespace}/${name}/${key}`)
        return typeof value === 'string' ? new TextEncoder().encode(value) : undefined
      },
    })
    fixture.keep('weak', 'LTAI5tWeak')
    const edition = (name: string, namespaces: readonly string[]) =>
      clusterStoreOf('shared', { KMS: { KMSAuth: keyRefs(name, 'prod') }, conditions: [{ namespaces }] })
    await fixture.registry.upsert(edition('creds', ['platform', 'ops']), { signal })
    stops = pause
    const edited = fixture.registry.upsert(edition('weak', ['shop', 'ops']), { signal })
    const codes = (): Promise<string[]> =>
      Promise.all(
        ['platform', 'shop', 'ops'].map(async (namespace) => {
          const found = fixture.registry.resolve({ namespace, ref })
          return found.kind === 'error' ? found.error.code : (await readThrough(found.connection)).replace(/@.*/, '')
        }),
      )
    expect(await codes()).toEqual(['StoreNotAllowed', 'StoreNotAllowed', 'LTAI5tProd'])
    goOn()
    await edited
    expect(await codes()).toEqual(['StoreNotAllowed', 'LTAI5tWeak', 'LTAI5tWeak'])
  })

  it('is separate from a SecretStore of the same name', async () => {
    const { fixture } = setup()
    await fixture.registry.upsert(shared(), { signal })
    expect(fixture.registry.resolve(inProd('shared'))).toMatchObject({ error: { code: 'StoreNotFound' } })
    fixture.registry.remove('', 'shared')
    expect(fixture.registry.resolve({ namespace: 'prod', ref })).toMatchObject({
      error: { code: 'StoreNotFound', message: 'ClusterSecretStore shared does not exist' },
    })
  })

  it('limits a SecretStore too', async () => {
    const { fixture } = setup({ enableCrossNamespaceSecretStore: true })
    await fixture.registry.upsert(storeOf('kms', { KMS: { KMSAuth: keyRefs('creds') }, ...limits }), { signal })
    const query = { ref: { name: 'kms', namespace: 'prod' }, secret: 'shop/db' }
    expect(fixture.registry.resolve({ namespace: 'shop', ...query }).kind).toBe('ready')
    expect(fixture.registry.resolve({ namespace: 'evil', ...query })).toMatchObject({
      error: { code: 'StoreNotAllowed' },
    })
  })
})

describe('the operator identity', () => {
  const OWN: Readonly<Record<string, object>> = {
    'its identity': { KMS: {} },
    'its identity, for OOS': { OOS: {} },
    'its identity, at an instance': {
      KMS: { KMSAuth: {}, dedicatedKMSAuth: { protocol: 'https', endpoint: 'kst-a' } },
    },
    'its identity below a role': { KMS: { KMSAuth: { remoteRamRoleARN: ramRoleARN } } },
    'its token': { KMS: { KMSAuth: { ramRoleARN } } },
    'its token, by the path of the file': {
      KMS: { KMSAuth: { ramRoleARN, oidcTokenFilePath: '/var/run/secrets/tokens/ack-secret-manager' } },
    },
    'the role of its node': { KMS: { KMSAuth: { workerRole: {} } } },
    'the role of its node below another': { KMS: { KMSAuth: { workerRole: {}, ramRoleARN } } },
  }
  const granted = { enableWorkerRole: true, operatorIdentityNamespaces: ['platform', 'team-*'] }
  const says = /may not use the operator identity; .* --own-identity-namespaces$/

  it.each(Object.entries(OWN))('is not allowed in other namespaces: %s', async (_what, spec) => {
    const { fixture, looked } = setup(granted)
    const state = await fixture.registry.upsert(storeOf('s', spec, 'evil'), { signal })
    expect(state).toMatchObject({
      ready: false,
      error: { code: 'StoreNotAllowed', message: expect.stringMatching(says) },
    })
    expect([fixture.lookups, fixture.made, looked]).toEqual([[], [], []])
    expect(fixture.registry.sourcesOf('evil', 's')).toEqual({ secrets: [], serviceAccounts: [], tokenFiles: [] })
    expect(fixture.registry.resolve({ namespace: 'evil', ref: { name: 's' } })).toMatchObject({
      error: { code: 'StoreNotAllowed' },
    })
  })

  it.each([
    ['evil', 'StoreNotAllowed'],
    ['platform-2', 'StoreNotAllowed'],
    ['my-team-a', 'StoreNotAllowed'],
    ['platform', 'ready'],
    ['team-a', 'ready'],
  ])('is allowed for entries without a store only in listed namespaces: %s: %s', (namespace, expected) => {
    const { fixture } = setup(granted)
    for (const provider of ['kms', 'oos'] as const) {
      const found = fixture.registry.resolve({ namespace, provider, secret: 'app/db' })
      expect(found.kind === 'ready' ? 'ready' : found.error.code).toBe(expected)
    }
  })

  it.each([
    ['evil', 'acks', 'StoreNotAllowed', []],
    ['evil', 'other', 'Unauthenticated', ['prod/other', 'token']],
    ['team-a', 'acks', 'Unauthenticated', ['prod/acks', 'token']],
    ['', 'acks', 'Unauthenticated', ['prod/acks', 'token']],
  ])(
    'includes the ServiceAccount of the operator: a store of %j that names %s: %s',
    async (namespace, name, code, looks) => {
      const directory = await directoryOfTest()
      const tokenFile = join(directory, 'token')
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
      const claims = { iss: 'https://oidc', sub: 'system:serviceaccount:prod:acks', aud: 'sts', exp: 4_000_000_000 }
      await writeFile(tokenFile, `${part({ alg: 'none' })}.${part(claims)}.x`)
      const { fixture, looked } = setup({
        ...granted,
        enableCrossNamespaceAuthRef: true,
        defaults: { region: 'cn-hangzhou', oidcProviderArn: 'acs:ram::1:oidc-provider/ack', tokenFile },
      })
      const spec = { KMS: { KMSAuth: { ramRoleARN, serviceAccountRef: { namespace: 'prod', name } } } }
      const resource = namespace === '' ? clusterStoreOf('s', spec) : storeOf('s', spec, namespace)
      // A failed request also shows that a token was requested.
      expect(await fixture.registry.upsert(resource, { signal })).toMatchObject({ ready: false, error: { code } })
      expect(looked).toEqual(looks)
    },
  )

  it('is allowed for stores of listed namespaces, and for ClusterSecretStores', async () => {
    const { fixture } = setup(granted)
    const shared = clusterStoreOf('shared', { KMS: {}, conditions: [{ namespaces: ['shop'] }] })
    for (const store of [storeOf('kms', { KMS: {} }, 'team-a'), shared]) {
      expect(await fixture.registry.upsert(store, { signal })).toMatchObject({ ready: true })
    }
    const ref = { name: 'shared', kind: 'ClusterSecretStore' } as const
    expect(fixture.registry.resolve({ namespace: 'shop', ref }).kind).toBe('ready')
    expect(fixture.registry.resolve({ namespace: 'evil', ref })).toMatchObject({ error: { code: 'StoreNotAllowed' } })
  })

  it('does not affect stores with an identity', async () => {
    const { fixture } = setup({ operatorIdentityNamespaces: [] })
    expect(
      await fixture.registry.upsert(storeOf('kms', { KMS: { KMSAuth: keyRefs('creds') } }, 'evil'), { signal }),
    ).toMatchObject({
      ready: true,
      identity: 'AccessKey LTAI5tEvil',
    })
  })
})
