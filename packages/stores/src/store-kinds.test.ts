import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { kmsEndpointDriver } from '@ack-secret-manager/backend-kms-endpoint'
import { kmsInstanceDriver, regionCa } from '@ack-secret-manager/backend-kms-instance'
import {
  type BackendConnection,
  type EndpointDriver,
  SecretSyncError,
  type SecretValue,
  Sensitive,
} from '@ack-secret-manager/core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { referencesOf } from './store-references.ts'
import type { StoreRegistryOptions } from './store-types.ts'
import { DRIVERS } from './testing/drivers.ts'
import {
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

/** The operator identity. */
let tokenFile: string
beforeAll(async () => {
  tokenFile = join(await mkdtemp(join(tmpdir(), 'stores-test-')), 'token')
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: 'https://oidc.example', sub: 'operator', aud: 'sts.aliyuncs.com', exp: 4_000_000_000 }
  await writeFile(tokenFile, `${part({ alg: 'none' })}.${part(claims)}.x`)
})
afterAll(() => rm(dirname(tokenFile), { recursive: true }))

const ramRoleARN = 'acs:ram::1:role/a'
const remoteRamRoleARN = 'acs:ram::2:role/b'
const oidcProviderARN = 'acs:ram::1:oidc-provider/ack'
const KMS_HOST = 'kms-vpc.cn-hangzhou.aliyuncs.com'
const INSTANCE_HOST = 'kst-a.cryptoservice.kms.aliyuncs.com'
const REGION_CA = Buffer.from(regionCa('cn-hangzhou')).toString('base64')

/** A fixture that builds identities without calls: every lookup fails immediately. */
function quietWorld(options: Partial<StoreRegistryOptions> = {}): StoreFixture {
  const fixture = new StoreFixture({
    enableWorkerRole: true,
    readServiceAccount: async () => ({ uid: 'u', roleArn: 'acs:ram::1:role/annotated' }),
    requestToken: async () => {
      throw new SecretSyncError('Unavailable', 'no call expected')
    },
    ...options,
    defaults: {
      region: 'cn-hangzhou',
      identity: own,
      stsEndpoint: '127.0.0.1:9',
      metadataEndpoint: '127.0.0.1:9',
      oidcProviderArn: oidcProviderARN,
      tokenFile,
      ...options.defaults,
    },
  })
  fixture.keep('creds', 'LTAI5tProd')
  onTestFinished(() => fixture.registry.close())
  return fixture
}

async function read(): Promise<SecretValue> {
  const bytes = new Sensitive(Buffer.from('value'))
  return { bytes, versionId: 'v1', versionStages: [], type: 'Generic', dataType: 'text' }
}

/** The connection that a store makes, with its provider chain: its source and the roles that it assumes. */
async function madeFor(spec: object) {
  const fixture = quietWorld()
  await fixture.registry.upsert(storeOf('kms', spec), { signal })
  const [target] = fixture.made
  return { kind: target?.kind, endpoint: target?.endpoint, identity: target?.provider?.identity.description }
}

describe('a store resolves to', () => {
  it.each<[string, object, RegExp]>([
    ['an empty spec', {}, /^AccessKey LTAI5tOwn$/],
    ['an AccessKey', { KMSAuth: keyRefs('creds') }, /^AccessKey LTAI5tProd$/],
    [
      'a role on top of it',
      { KMSAuth: { ...keyRefs('creds'), ramRoleARN } },
      /^role acs:ram::1:role\/a assumed by AccessKey LTAI5tProd$/,
    ],
    [
      'a role that the operator identity assumes',
      { KMSAuth: { remoteRamRoleARN } },
      /^role acs:ram::2:role\/b assumed by AccessKey LTAI5tOwn$/,
    ],
    ['the worker role', { KMSAuth: { workerRole: {} } }, /^worker role of this node$/],
    [
      'RRSA with the default file and provider',
      { KMSAuth: { ramRoleARN } },
      /^role acs:ram::1:role\/a of token file \S+\/stores-test-\w+\/token$/,
    ],
    [
      'RRSA of a workload by its annotation',
      { KMSAuth: { serviceAccountRef: { name: 'web' } } },
      /^role acs:ram::1:role\/annotated of ServiceAccount prod\/web$/,
    ],
    [
      'RRSA of a workload by its store',
      { KMSAuth: { serviceAccountRef: { name: 'web' }, ramRoleARN } },
      /^role acs:ram::1:role\/a of ServiceAccount prod\/web$/,
    ],
  ])('%s', async (_what, KMS, says) => {
    const { kind, endpoint, identity } = await madeFor({ KMS })
    expect([kind, endpoint, identity]).toEqual(['kms-endpoint', KMS_HOST, expect.stringMatching(says)])
  })

  it.each<[string, object, string, string, RegExp]>([
    [
      'another region',
      { KMS: { region: 'cn-beijing', KMSAuth: keyRefs('creds') } },
      'kms-endpoint',
      'kms-vpc.cn-beijing.aliyuncs.com',
      /^AccessKey/,
    ],
    [
      'the name of an instance as the endpoint',
      { KMS: { endpoint: INSTANCE_HOST, KMSAuth: keyRefs('creds') } },
      'kms-instance',
      INSTANCE_HOST,
      /^AccessKey/,
    ],
    [
      'the id of an instance',
      { KMS: { KMSAuth: keyRefs('creds'), dedicatedKMSAuth: { protocol: 'https', endpoint: 'kst-a' } } },
      'kms-instance',
      INSTANCE_HOST,
      /^AccessKey/,
    ],
    ['OOS', { OOS: {} }, 'oos', 'oos-vpc.cn-hangzhou.aliyuncs.com', /^AccessKey LTAI5tOwn$/],
    [
      'OOS of another region',
      { OOS: { region: 'cn-beijing', OOSAuth: keyRefs('creds') } },
      'oos',
      'oos-vpc.cn-beijing.aliyuncs.com',
      /^AccessKey LTAI5tProd$/,
    ],
  ])('%s', async (_what, spec, kind, endpoint, says) => {
    const made = await madeFor(spec)
    expect([made.kind, made.endpoint, made.identity]).toEqual([kind, endpoint, expect.stringMatching(says)])
  })

  it('the same connection for the same endpoint and identity', async () => {
    const fixture = quietWorld()
    fixture.keep('again', 'LTAI5tProd', undefined, 'dev')
    const role = { ramRoleARN, roleSessionExpiration: '900' }
    const stores = [
      storeOf('a', { KMS: { KMSAuth: { ...keyRefs('creds'), ...role } } }),
      storeOf('b', { KMS: { endpoint: KMS_HOST, KMSAuth: { ...keyRefs('creds'), ...role } } }),
      storeOf('c', { KMS: { KMSAuth: { ...keyRefs('again'), ...role } } }, 'dev'),
    ]
    for (const one of stores) await fixture.registry.upsert(one, { signal })
    expect(fixture.made).toHaveLength(1)
    expect(new Set(['a', 'b'].map((name) => connectionOf(fixture.registry.resolve(inProd(name))).key)).size).toBe(1)
  })

  it.each<[string, object]>([
    ['another session name', { ramRoleARN, ramRoleSessionName: 'other' }],
    ['another role', { ramRoleARN: 'acs:ram::1:role/b' }],
    ['a remote role on top', { ramRoleARN, remoteRamRoleARN }],
    ['no role', {}],
    ['another external id', { ramRoleARN, ramRoleExternalId: 'ours' }],
  ])('another connection for %s', async (_what, change) => {
    const fixture = quietWorld()
    await fixture.registry.upsert(storeOf('a', { KMS: { KMSAuth: { ...keyRefs('creds'), ramRoleARN } } }), { signal })
    await fixture.registry.upsert(storeOf('b', { KMS: { KMSAuth: { ...keyRefs('creds'), ...change } } }), { signal })
    expect(fixture.made).toHaveLength(2)
  })

  it.each<[string, object]>([
    ['ignoreSSL', { ignoreSSL: true }],
    ['another CA', { ca: 'T3RoZXI=' }],
    ['ignoreSSL and the same CA', { ignoreSSL: true, ca: 'T25l' }],
  ])('another connection at the same endpoint for %s', async (_what, change) => {
    const fixture = quietWorld()
    const instance = { protocol: 'https', endpoint: 'kst-a', ca: 'T25l' }
    for (const [name, dedicatedKMSAuth] of [
      ['strict', instance],
      ['other', { ...instance, ...change }],
    ] as const) {
      await fixture.registry.upsert(storeOf(name, { KMS: { KMSAuth: keyRefs('creds'), dedicatedKMSAuth } }), { signal })
    }
    expect(fixture.made).toMatchObject([{ ignoreSSL: false, ca: 'T25l' }, change])
  })

  it.each<[string, object, object]>([
    ['the CA of the region', {}, { ca: REGION_CA }],
    ['the same CA and other whitespace', { ca: REGION_CA }, { ca: `${REGION_CA}IA==` }],
    ['a CA that ignoreSSL ignores', { ignoreSSL: true }, { ignoreSSL: true, ca: REGION_CA }],
  ])('a connection that works when a store with %s is deleted', async (_what, kept, deleted) => {
    const driver: EndpointDriver = {
      ...kmsInstanceDriver,
      probe: async () => undefined,
      connect: (target) => ({ ...kmsInstanceDriver.connect(target), backend: { read, close: async () => undefined } }),
    }
    const fixture = quietWorld({ drivers: [kmsEndpointDriver, driver] })
    const open = async (name: string, change: object): Promise<BackendConnection> => {
      const dedicatedKMSAuth = { protocol: 'https', endpoint: 'kst-a', ...change }
      await fixture.registry.upsert(storeOf(name, { KMS: { KMSAuth: keyRefs('creds'), dedicatedKMSAuth } }), { signal })
      return connectionOf(fixture.registry.resolve(inProd(name)))
    }
    const [first, last] = [await open('kept', kept), await open('deleted', deleted)]
    // Resources with equal keys share sources, which read over the connection that was planned last.
    const used = first.key === last.key ? last : first
    fixture.registry.remove('prod', 'deleted')
    await expect(readThrough(used)).resolves.toBe('value')
  })

  it('an instance that an entry names, without ignoreSSL and CA of the store', async () => {
    const fixture = quietWorld()
    const dedicatedKMSAuth = { protocol: 'https', endpoint: 'kst-a', ca: 'T25l', ignoreSSL: true }
    await fixture.registry.upsert(storeOf('kms', { KMS: { KMSAuth: keyRefs('creds'), dedicatedKMSAuth } }), { signal })
    connectionOf(fixture.registry.resolve({ ...inProd('kms'), kmsEndpoint: 'kst-b.cryptoservice.kms.aliyuncs.com' }))
    expect(fixture.made.map(({ ca, ignoreSSL = false }) => ({ ca, ignoreSSL }))).toEqual([
      { ca: 'T25l', ignoreSSL: true },
      { ca: undefined, ignoreSSL: false },
    ])
  })

  it('names the field of a malformed endpoint once', async () => {
    const dedicatedKMSAuth = { protocol: 'https', endpoint: 'KST-a' }
    const state = await new StoreFixture().registry.upsert(storeOf('kms', { KMS: { KMSAuth: {}, dedicatedKMSAuth } }), {
      signal,
    })
    const where = 'SecretStore prod/kms: spec.KMS.dedicatedKMSAuth.endpoint'
    expect(state).toMatchObject({ error: { message: expect.stringContaining(`${where}: expected the id`) } })
  })

  it('an instance that an entry names, and an endpoint instead of an instance', async () => {
    const fixture = quietWorld()
    await fixture.registry.upsert(storeOf('kms', { KMS: { KMSAuth: keyRefs('creds') } }), { signal })
    for (const kmsEndpoint of [INSTANCE_HOST, 'kms.cn-beijing.aliyuncs.com', KMS_HOST]) {
      connectionOf(fixture.registry.resolve({ ...inProd('kms'), kmsEndpoint }))
    }
    expect(fixture.made.map(({ kind }) => kind)).toEqual(['kms-endpoint', 'kms-instance', 'kms-endpoint'])
  })
})

describe('a missing prerequisite of a store', () => {
  it.each<[string, Partial<StoreRegistryOptions>, object, string, RegExp]>([
    [
      'the worker role without the flag',
      {},
      { KMS: { KMSAuth: { workerRole: {} } } },
      'Unauthenticated',
      /^SecretStore prod\/kms: spec\.KMS\.KMSAuth\.workerRole: .*--enable-worker-role/,
    ],
    [
      'an unknown OIDC provider',
      { defaults: { region: 'cn-hangzhou' } },
      { KMS: { KMSAuth: { ramRoleARN } } },
      'InvalidSpec',
      /^SecretStore prod\/kms: spec\.KMS\.KMSAuth\.oidcProviderARN: required, .*--uid and --cluster-id/,
    ],
    [
      'a cluster that issues tokens',
      { defaults: { region: 'cn-hangzhou', identity: own, oidcProviderArn: oidcProviderARN } },
      { KMS: { KMSAuth: { serviceAccountRef: { name: 'web' } } } },
      'Unauthenticated',
      /serviceAccountRef: ServiceAccount prod\/web: tokens of a ServiceAccount need access to a cluster/,
    ],
    [
      'an operator identity',
      { defaults: { region: 'cn-hangzhou' } },
      { OOS: {} },
      'Unauthenticated',
      /^SecretStore prod\/kms: a store without OOSAuth uses the operator identity, but none is configured/,
    ],
    [
      'a package that was not loaded',
      {},
      { plugin: { package: '@example/vault' } },
      'InvalidSpec',
      /spec\.plugin\.package: @example\/vault is not loaded; load it with --backend-package @example\/vault/,
    ],
    [
      'a driver of its service',
      { drivers: [kmsEndpointDriver] },
      { OOS: {} },
      'InvalidSpec',
      /^SecretStore prod\/kms: spec\.OOS: this program has no driver for oos$/,
    ],
    [
      'a region with a built-in CA',
      { drivers: DRIVERS },
      {
        KMS: {
          region: 'xx-nowhere',
          KMSAuth: keyRefs('creds'),
          dedicatedKMSAuth: { protocol: 'https', endpoint: 'kst-a' },
        },
      },
      'InvalidSpec',
      /spec\.KMS\.dedicatedKMSAuth: ca: region "xx-nowhere" has no built-in CA/,
    ],
  ])('%s', async (_what, options, spec, code, says) => {
    const fixture = new StoreFixture(options)
    fixture.keep('creds', 'LTAI5tProd')
    const state = await fixture.registry.upsert(storeOf('kms', spec), { signal })
    expect(state).toMatchObject({ ready: false, error: { code, message: expect.stringMatching(says) } })
    expect(fixture.registry.resolve(inProd('kms'))).toMatchObject({ kind: 'error', error: { code } })
  })
})

describe('a plugin', () => {
  const connection = (label: string) => ({
    // The key of another connection, on purpose.
    key: 'kms-endpoint',
    kind: 'vault',
    quota: { account: 'me', region: 'here' },
    backend: {
      read: async () => ({
        bytes: new Sensitive(new TextEncoder().encode(label)),
        versionId: 'v1',
        versionStages: [],
        type: 'Generic',
        dataType: 'text' as const,
      }),
      close: async () => undefined,
    },
  })

  it('is connected once per config, with separate reads', async () => {
    const calls: unknown[] = []
    const fixture = new StoreFixture({
      drivers: [
        {
          package: 'vault',
          connect: (config) => {
            calls.push(config)
            return { ...connection(`vault ${JSON.stringify(config)}`), endpoint: 'vault:443' }
          },
        },
      ],
    })
    for (const [name, config] of [
      ['a', { url: 'x' }],
      ['b', { url: 'x' }],
      ['c', { url: 'y' }],
    ] as const) {
      const state = await fixture.registry.upsert(storeOf(name, { plugin: { package: 'vault', config } }), { signal })
      expect(state).toMatchObject({ ready: true, endpoint: 'package vault' })
    }
    expect(calls).toEqual([{ url: 'x' }, { url: 'y' }])
    const [a, b, c] = ['a', 'b', 'c'].map((name) =>
      connectionOf(fixture.registry.resolve({ ...inProd(name), provider: 'plugin' })),
    )
    expect(a?.key).toBe(b?.key)
    expect(new Set([a?.key, c?.key, 'kms-endpoint']).size).toBe(3)
    // Shared by its stores, and not with another package.
    expect([a, b, c].map((one) => one?.endpoint)).toEqual(Array.from({ length: 3 }, () => 'vault vault:443'))
    expect(c && (await readThrough(c))).toBe('vault {"url":"y"}')
    expect(fixture.registry.resolve({ ...inProd('a'), kmsEndpoint: 'kms.cn-hangzhou.aliyuncs.com' })).toMatchObject({
      error: {
        code: 'InvalidSpec',
        message: 'kmsEndpoint: the store reads from package vault, not from KMS; remove kmsEndpoint',
      },
    })
  })

  it('that throws makes only its own store not ready', async () => {
    const fixture = new StoreFixture({
      drivers: [
        ...DRIVERS,
        {
          package: 'vault',
          connect: ({ field }) => {
            if (field === undefined) throw new Error('canary-secret')
            throw new SecretSyncError('InvalidSpec', 'url: required', { facts: { field: 'config.url' } })
          },
        },
      ],
    })
    const foreign = await fixture.registry.upsert(storeOf('a', { plugin: { package: 'vault' } }), { signal })
    expect(foreign).toMatchObject({
      error: {
        code: 'InvalidSpec',
        message: 'SecretStore prod/a: spec.plugin: the backend could not be created (Error)',
      },
    })
    const state = await fixture.registry.upsert(storeOf('b', { plugin: { package: 'vault', config: { field: 1 } } }), {
      signal,
    })
    expect(state).toMatchObject({
      error: { message: 'SecretStore prod/b: spec.plugin: url: required', facts: { field: 'spec.plugin.config.url' } },
    })
    expect(await fixture.registry.upsert(storeOf('kms', { KMS: {} }), { signal })).toMatchObject({ ready: true })
  })
})

describe('the provider of an ExternalSecret', () => {
  it.each([
    ['kms', 'oos', 'spec.provider is oos, but the provider of store kms is kms'],
    ['oos', 'kms', 'spec.provider is kms, but the provider of store oos is oos'],
    ['oos', 'plugin', 'spec.provider is plugin, but the provider of store oos is oos'],
  ] as const)('must be that of its store: %s, requested: %s', async (name, provider, message) => {
    const fixture = new StoreFixture()
    await fixture.registry.upsert(storeOf('kms', { KMS: {} }), { signal })
    await fixture.registry.upsert(storeOf('oos', { OOS: {} }), { signal })
    expect(fixture.registry.resolve({ ...inProd(name), provider })).toMatchObject({
      error: { code: 'InvalidSpec', message },
    })
  })

  it('is limited to ClusterSecretStores with clusterPluginsOnly', async () => {
    const fixture = new StoreFixture({
      clusterPluginsOnly: true,
      drivers: [
        {
          package: 'vault',
          connect: () => {
            throw new Error('never made')
          },
        },
      ],
    })
    expect(await fixture.registry.upsert(storeOf('a', { plugin: { package: 'vault' } }), { signal })).toMatchObject({
      ready: false,
      error: { code: 'StoreNotAllowed', message: expect.stringContaining('--allow-namespaced-plugins') },
    })
  })

  it('needs a store for a plugin', () =>
    expect(new StoreFixture().registry.resolve({ namespace: 'prod', provider: 'plugin' })).toMatchObject({
      error: { code: 'InvalidSpec', message: 'secretStoreRef: required with provider plugin' },
    }))
})

describe('referencesOf', () => {
  it.each([
    ['nothing', storeOf('a', { KMS: {} }), [], [], true],
    ['an AccessKey', storeOf('a', { KMS: { KMSAuth: keyRefs('c') } }), ['prod/c/id', 'prod/c/secret'], [], false],
    ['one of OOS', storeOf('a', { OOS: { OOSAuth: keyRefs('c', 'x') } }), ['x/c/id', 'x/c/secret'], [], false],
    ['a remote role', storeOf('a', { KMS: { KMSAuth: { remoteRamRoleARN } } }), [], [], true],
    ['the worker role', storeOf('a', { KMS: { KMSAuth: { workerRole: {} } } }), [], [], false],
    [
      'a ServiceAccount of a store of the cluster',
      clusterStoreOf('a', { KMS: { KMSAuth: { serviceAccountRef: { name: 'web', namespace: 'x' } } } }),
      [],
      ['x/web'],
      false,
    ],
    [
      'a client key',
      storeOf('a', {
        KMS: {
          dedicatedKMSAuth: {
            protocol: 'https',
            endpoint: 'kst-a',
            clientKeyContent: { name: 'k', key: 'file' },
            password: { name: 'p', key: 'pw' },
          },
        },
      }),
      ['prod/k/file', 'prod/p/pw'],
      [],
      false,
    ],
    ['a plugin', storeOf('a', { plugin: { package: 'x' } }), [], [], false],
  ])('%s', (_what, resource, secrets, accounts, usesOperatorIdentity) => {
    const refs = referencesOf(resource)
    expect(refs.secretKeys.map(({ namespace, name, key }) => `${namespace}/${name}/${key}`)).toEqual(secrets)
    expect(refs.serviceAccounts.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(accounts)
    expect(refs.usesOperatorIdentity).toBe(usesOperatorIdentity)
  })
})
