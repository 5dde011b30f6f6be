import { inspect } from 'node:util'
import {
  type BackendConnection,
  type ReadDemand,
  type SecretBackend,
  SecretSyncError,
  type SecretValue,
  Sensitive,
} from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { KubeApiError, type KubeClient } from '@ack-secret-manager/k8s-client'
import { describe, expect, it } from 'vitest'
import { isConcernedBy } from './internal/admission/secret-shares.ts'
import { asOperator, kubeCredentialReader } from './kube/credential-reader.ts'
import type { StoreRegistry } from './store-registry.ts'
import type { ShareChange, StoreRegistryOptions, StoreState } from './store-types.ts'
import { DRIVERS } from './testing/drivers.ts'
import {
  auth,
  CANARY,
  connectionOf,
  inProd,
  own,
  readThrough,
  signal,
  store,
  StoreFixture,
  clusterStoreOf,
} from './testing/store-fixture.ts'

describe('StoreRegistry', () => {
  it('uses the operator identity without a store', async () => {
    const { registry } = new StoreFixture()
    const connection = connectionOf(registry.resolve({ namespace: 'prod' }))
    expect(await readThrough(connection)).toBe('LTAI5tOwn@kms-vpc.cn-hangzhou.aliyuncs.com/app/db')
    expect(connection.quota).toEqual({ account: own.identity.account, region: 'cn-hangzhou' })
  })

  it.each([
    ['no store', undefined],
    ['a store without authentication', { name: 'kms' }],
  ])('explains how to configure an identity when %s needs one', async (_rule, ref) => {
    const { registry } = new StoreFixture({ defaults: { region: 'cn-hangzhou' } })
    expect(await registry.upsert(store('kms'), { signal })).toMatchObject({
      ready: false,
      error: { code: 'Unauthenticated' },
    })
    expect(registry.resolve({ namespace: 'prod', ref })).toMatchObject({
      kind: 'error',
      error: {
        code: 'Unauthenticated',
        message: expect.stringMatching(
          /set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET \(or ACCESS_KEY_ID/,
        ),
      },
    })
  })

  it.each([
    ['no endpoint: the default one', {}, 'kms-vpc.cn-hangzhou.aliyuncs.com'],
    ['a region', { region: 'cn-beijing' }, 'kms-vpc.cn-beijing.aliyuncs.com'],
    ['an endpoint', { endpoint: 'kms.cn-beijing.aliyuncs.com' }, 'kms.cn-beijing.aliyuncs.com'],
  ])('a store names %s', async (_rule, KMS, endpoint) => {
    const fixture = new StoreFixture()
    fixture.keep('creds', 'LTAI5tProd')
    const state = await fixture.registry.upsert(store('kms', { ...KMS, ...auth('creds') }), { signal })
    expect(state).toEqual({ ready: true, identity: 'AccessKey LTAI5tProd', endpoint })
    expect(await readThrough(connectionOf(fixture.registry.resolve(inProd('kms'))))).toBe(
      `LTAI5tProd@${endpoint}/app/db`,
    )
  })

  it('accepts a default endpoint that resources may not name', async () => {
    const { registry } = new StoreFixture({
      defaults: { region: 'cn-hangzhou', endpoints: { kms: '127.0.0.1:8443' }, identity: own },
    })
    expect(await registry.upsert(store('kms'), { signal })).toMatchObject({ ready: true, endpoint: '127.0.0.1:8443' })
    expect(await registry.upsert(store('far', { region: 'cn-beijing' }), { signal })).toMatchObject({
      endpoint: 'kms-vpc.cn-beijing.aliyuncs.com',
    })
  })

  it('enforces maxSecretsPerNamespace and reports changes of the admitted secrets', async () => {
    const changes: ShareChange[] = []
    const { registry } = new StoreFixture({ onShareChange: (change) => void changes.push(change) })
    const limited = { KMS: {}, maxSecretsPerNamespace: 2, maxReadsPerSecond: 5 }
    await registry.upsert(clusterStoreOf('shared', limited), { signal })
    const ref = { name: 'shared', kind: 'ClusterSecretStore' } as const
    const demand = (name: string, createdMs: number, secrets: readonly string[]): ReadDemand => ({
      namespace: 'shop',
      name,
      createdMs,
      reads: secrets.map((secret) => ({ ref, secret })),
    })
    const found = (secret: string): string => {
      const resolution = registry.resolve({ namespace: 'shop', ref, secret })
      return resolution.kind === 'ready' ? JSON.stringify(resolution.limit) : resolution.error.message
    }
    const limit = JSON.stringify({ store: 'ClusterSecretStore shared', isShared: true, maxReadsPerSecond: 5 })
    const old = demand('old', 1, ['a', 'b'])
    registry.demand(demand('new', 2, ['b', 'c']))
    registry.demand(old)
    expect([found('a'), found('b'), found('c')]).toEqual([
      limit,
      limit,
      'ClusterSecretStore shared has maxSecretsPerNamespace 2, and namespace shop reads more; the oldest ExternalSecrets are served first; raise the limit or delete ExternalSecrets',
    ])
    registry.demand({ ...old, reads: [] })
    expect([found('c'), changes.map((change) => isConcernedBy(change, demand('new', 2, ['c'])))]).toEqual([
      limit,
      [true],
    ])
    expect(changes.map((change) => isConcernedBy(change, { ...demand('new', 2, ['c']), namespace: 'other' }))).toEqual([
      false,
    ])
    await registry.upsert(clusterStoreOf('shared', { KMS: {} }), { signal })
    expect([found('a'), found('z')]).toEqual([undefined, undefined])
  })

  it('maps stores to connections and connections to stores', async () => {
    const fixture = new StoreFixture()
    const { registry } = fixture
    for (const name of ['one', 'two', 'idle']) fixture.keep(name, name === 'idle' ? 'LTAI5tIdle' : 'LTAI5tShared')
    for (const name of ['one', 'two', 'idle']) await registry.upsert(store(name, auth(name)), { signal })
    expect(registry.connectionOf('prod', 'none')).toBeUndefined()
    const shared = ['one', 'two'].map((name) => connectionOf(registry.resolve(inProd(name))).key)
    const elsewhere = connectionOf(
      registry.resolve({ ...inProd('one'), kmsEndpoint: 'kms.cn-beijing.aliyuncs.com' }),
    ).key
    expect(registry.connectionOf('prod', 'one')).toBe(shared[0])
    expect(registry.connectionOf('prod', 'two')).toBe(shared[0])
    expect(registry.storesAt(shared[0] ?? '').map(({ name }) => name)).toEqual(['one', 'two'])
    expect(elsewhere).not.toBe(shared[0])
    expect(registry.storesAt(elsewhere)).toEqual([])
    registry.remove('prod', 'one')
    expect(registry.connectionOf('prod', 'one')).toBeUndefined()
    expect(registry.storesAt(shared[0] ?? '').map(({ name }) => name)).toEqual(['two'])
  })

  describe('refuses', () => {
    it('a store that does not exist', () =>
      expect(new StoreFixture().registry.resolve(inProd('none'))).toMatchObject({
        error: { code: 'StoreNotFound', message: 'SecretStore prod/none does not exist' },
      }))

    it('a store of another namespace, whether it exists or not, without the flag', async () => {
      const query = { namespace: 'dev', ref: { name: 'kms', namespace: 'prod' } }
      const strict = new StoreFixture().registry
      const before = strict.resolve(query)
      await strict.upsert(store('kms'), { signal })
      expect(before).toMatchObject({ error: { code: 'CrossNamespaceRefused' } })
      expect(strict.resolve(query)).toEqual(before)
      const { registry } = new StoreFixture({ enableCrossNamespaceSecretStore: true })
      await registry.upsert(store('kms'), { signal })
      expect(registry.resolve(query).kind).toBe('ready')
    })

    it('credentials of another namespace before any lookup, without the flag', async () => {
      const strict = new StoreFixture()
      strict.keep('creds', 'LTAI5tDev', CANARY, 'dev')
      const state = await strict.registry.upsert(store('kms', auth('creds', 'dev')), { signal })
      expect(state).toMatchObject({
        ready: false,
        error: { code: 'CrossNamespaceRefused', facts: { field: 'spec.KMS.KMSAuth.accessKey.namespace' } },
      })
      expect(strict.lookups).toEqual([])
      expect(strict.registry.sourcesOf('prod', 'kms').secrets).toEqual([])
      const open = new StoreFixture({ enableCrossNamespaceAuthRef: true })
      open.keep('creds', 'LTAI5tDev', CANARY, 'dev')
      expect(await open.registry.upsert(store('kms', auth('creds', 'dev')), { signal })).toMatchObject({ ready: true })
    })

    it('an endpoint that is not allowed, before any lookup of credentials', async () => {
      const fixture = new StoreFixture()
      const state = await fixture.registry.upsert(store('kms', { endpoint: '100.100.100.200', ...auth('creds') }), {
        signal,
      })
      expect(state).toMatchObject({
        ready: false,
        error: {
          code: 'InvalidSpec',
          message: expect.stringMatching(/prod\/kms: spec\.KMS\.endpoint: .*--allow-endpoint/),
        },
      })
      expect([fixture.lookups, fixture.made]).toEqual([[], []])
    })

    it("an entry's endpoint that is not allowed", async () => {
      const fixture = new StoreFixture()
      expect(fixture.registry.resolve({ namespace: 'prod', kmsEndpoint: 'evil.example' })).toMatchObject({
        error: { code: 'InvalidSpec', message: expect.stringContaining('--allow-endpoint evil.example') },
      })
      expect(fixture.made).toEqual([])
    })

    it('an invalid resource until it is corrected', async () => {
      const { registry } = new StoreFixture()
      await registry.upsert(store('kms'), { signal })
      registry.refuse('prod', 'kms', new SecretSyncError('InvalidSpec', 'spec.KMS.region: no'))
      expect(registry.resolve(inProd('kms'))).toMatchObject({ error: { code: 'InvalidSpec' } })
      await registry.upsert(store('kms'), { signal })
      expect(registry.resolve(inProd('kms')).kind).toBe('ready')
    })
  })

  describe('credentials', () => {
    it.each<[string, (fixture: StoreFixture) => void, RegExp]>([
      [
        'missing',
        () => undefined,
        /^SecretStore prod\/kms: spec\.KMS\.KMSAuth\.accessKey: Secret prod\/creds does not exist$/,
      ],
      [
        'one key missing',
        (fixture) => fixture.secrets.set('prod/creds/id', 'LTAI5tProd'),
        /^SecretStore prod\/kms: spec\.KMS\.KMSAuth\.accessKeySecret: Secret prod\/creds has no key "secret"$/,
      ],
      ['empty', (fixture) => fixture.keep('creds', ' \n'), /accessKey: key "id" of Secret prod\/creds is empty/],
      [
        'two lines',
        (fixture) => fixture.keep('creds', 'LTAI5tProd', `${CANARY}\n${CANARY}`),
        /accessKeySecret.* white space inside/,
      ],
      [
        'bytes that are not text',
        (fixture) => fixture.secrets.set('prod/creds/id', new Uint8Array([0xff])).set('prod/creds/secret', CANARY),
        /not UTF-8/,
      ],
      [
        'no permission to read it',
        (fixture) =>
          fixture.secrets
            .set('prod/creds/id', new SecretSyncError('Unauthenticated', 'give it the verb get'))
            .set('prod/creds/secret', CANARY),
        /accessKey: Secret prod\/creds: give it the verb get/,
      ],
    ])('%s: the store is not ready, and the message names field, Secret and key', async (_rule, prepare, message) => {
      const fixture = new StoreFixture()
      prepare(fixture)
      const state = await fixture.registry.upsert(store('kms', auth('creds')), { signal })
      expect(state).toMatchObject({
        ready: false,
        error: { code: 'Unauthenticated', message: expect.stringMatching(message) },
      })
      expect(fixture.registry.resolve(inProd('kms'))).toMatchObject({
        kind: 'error',
        error: { code: 'Unauthenticated' },
      })
      expect(inspect(state, { depth: 10, showHidden: true })).not.toContain('canary')
    })

    it('become valid when the Secret appears, and invalid when it is deleted', async () => {
      const fixture = new StoreFixture()
      const kms = store('kms', auth('creds'))
      expect(await fixture.registry.upsert(kms, { signal })).toMatchObject({ ready: false })
      expect(fixture.registry.sourcesOf('prod', 'kms').secrets).toEqual([{ namespace: 'prod', name: 'creds' }])
      fixture.keep('creds', '\uFEFFLTAI5tProd\n', `${CANARY}\n`)
      expect(await fixture.registry.upsert(kms, { signal })).toMatchObject({
        ready: true,
        identity: 'AccessKey LTAI5tProd',
      })
      fixture.secrets.clear()
      expect(await fixture.registry.upsert(kms, { signal })).toMatchObject({ ready: false })
      expect(fixture.closed).toEqual(['LTAI5tProd@kms-vpc.cn-hangzhou.aliyuncs.com'])
    })

    it('give another connection when they change; the former one drains', async () => {
      const fixture = new StoreFixture()
      fixture.keep('creds', 'LTAI5tOld')
      const kms = store('kms', auth('creds'))
      await fixture.registry.upsert(kms, { signal })
      const before = connectionOf(fixture.registry.resolve(inProd('kms')))
      fixture.hold = true
      const reading = readThrough(before)
      fixture.hold = false
      fixture.keep('creds', 'LTAI5tNew')
      await fixture.registry.upsert(kms, { signal })
      const after = connectionOf(fixture.registry.resolve(inProd('kms')))
      expect(after.key).not.toBe(before.key)
      expect(await readThrough(after)).toMatch(/^LTAI5tNew@/)
      expect(fixture.closed).toEqual([])
      for (const go of fixture.waiting) go()
      expect(await reading).toMatch(/^LTAI5tOld@/)
      expect(fixture.closed).toEqual(['LTAI5tOld@kms-vpc.cn-hangzhou.aliyuncs.com'])
      await expect(readThrough(before)).rejects.toMatchObject({ code: 'Cancelled' })
    })

    it('keep a ready store ready while they cannot be read', async () => {
      const fixture = new StoreFixture()
      fixture.keep('creds', 'LTAI5tProd')
      await fixture.registry.upsert(store('kms', auth('creds')), { signal })
      const ready = connectionOf(fixture.registry.resolve(inProd('kms')))
      fixture.secrets.set('prod/creds/id', new SecretSyncError('Unavailable', 'API server away'))
      await expect(fixture.registry.upsert(store('kms', auth('creds')), { signal })).rejects.toMatchObject({
        code: 'Unavailable',
      })
      expect(await readThrough(ready)).toMatch(/^LTAI5tProd@/)
      // A changed spec is a new store, so the former result does not apply.
      const changed = store('kms', { region: 'cn-beijing', ...auth('creds') })
      await expect(fixture.registry.upsert(changed, { signal })).rejects.toMatchObject({ code: 'Unavailable' })
      expect(fixture.registry.resolve(inProd('kms'))).toMatchObject({ kind: 'error', error: { code: 'Unavailable' } })
    })

    it('keep a ready store ready for 30 s while a starting API server denies them', async () => {
      const clock = new ManualClock()
      let isDenied = true
      const get = async (): Promise<unknown> => {
        if (isDenied) throw new KubeApiError('get secrets: 403', { status: 403, reason: 'Forbidden', causes: [] })
        return { metadata: {}, data: { id: btoa('LTAI5tProd'), secret: btoa(CANARY) } }
      }
      const client = { get, create: get } as unknown as KubeClient
      const { registry, closed } = new StoreFixture({ clock, ...kubeCredentialReader(client, asOperator) })
      const upsert = async (KMS?: object): Promise<StoreState> =>
        registry.upsert(store('kms', { ...KMS, ...auth('creds') }), { signal })
      const denied = { code: 'Unauthenticated', message: expect.stringContaining('grant its ServiceAccount get') }
      const refused = { ready: false, error: denied }
      expect(await upsert()).toMatchObject(refused)
      expect(await upsert()).toMatchObject(refused)
      for (const waitMs of [29_999, 30_000]) {
        isDenied = false
        expect(await upsert()).toMatchObject({ ready: true })
        isDenied = true
        await clock.advance(60_000)
        await expect(upsert()).rejects.toMatchObject(denied)
        await clock.advance(waitMs)
        if (waitMs < 30_000) await expect(upsert()).rejects.toMatchObject(denied)
        expect(await readThrough(connectionOf(registry.resolve(inProd('kms'))))).toMatch(/^LTAI5tProd@/)
        expect(closed).toEqual([])
      }
      expect(await upsert()).toMatchObject(refused)
      expect(registry.resolve(inProd('kms'))).toMatchObject({ kind: 'error', error: denied })
      expect(closed).toHaveLength(1)
      isDenied = false
      await upsert()
      isDenied = true
      expect(await upsert({ region: 'cn-beijing' })).toMatchObject(refused)
      expect(registry.resolve(inProd('kms'))).toMatchObject({ kind: 'error', error: denied })
      expect(closed).toHaveLength(2)
    })

    it('are validated by the latest upsert, in whatever order reads finish', async () => {
      const gates = new Map<string, () => void>()
      const fixture = new StoreFixture({
        readSecretKey: async ({ name, key }) => {
          if (key === 'id') await new Promise<void>((resolve) => gates.set(name, resolve))
          return new TextEncoder().encode(key === 'id' ? `LTAI5t${name}` : CANARY)
        },
      })
      const first = fixture.registry.upsert(store('kms', auth('first')), { signal })
      const second = fixture.registry.upsert(store('kms', auth('second')), { signal })
      gates.get('second')?.()
      await second
      gates.get('first')?.()
      await first
      expect(await readThrough(connectionOf(fixture.registry.resolve(inProd('kms'))))).toMatch(/^LTAI5tsecond@/)
    })

    it('are dropped if their store is removed during the lookup', async () => {
      const { promise: open, resolve: go } = Promise.withResolvers<void>()
      const fixture = new StoreFixture({
        readSecretKey: async () => {
          await open
          return new TextEncoder().encode('x')
        },
      })
      const adding = fixture.registry.upsert(store('kms', auth('creds')), { signal })
      expect(fixture.registry.resolve(inProd('kms'))).toMatchObject({
        error: { message: expect.stringContaining('not validated yet') },
      })
      fixture.registry.remove('prod', 'kms')
      go()
      await adding
      expect(fixture.registry.resolve(inProd('kms'))).toMatchObject({ error: { code: 'StoreNotFound' } })
    })
  })

  describe('connections', () => {
    it('are shared by stores with the same endpoint and credential, and closed with the last', async () => {
      const fixture = new StoreFixture()
      fixture.keep('a', 'LTAI5tProd')
      fixture.keep('b', 'LTAI5tProd')
      fixture.keep('c', 'LTAI5tProd', 'canary-other')
      for (const name of ['a', 'b', 'c']) await fixture.registry.upsert(store(name, auth(name)), { signal })
      const [a, b, c] = ['a', 'b', 'c'].map((name) => connectionOf(fixture.registry.resolve(inProd(name))))
      expect(a?.key).toBe(b?.key)
      expect(a?.key).not.toBe(c?.key)
      expect(fixture.made).toHaveLength(2)
      fixture.registry.remove('prod', 'a')
      expect(fixture.closed).toEqual([])
      fixture.registry.remove('prod', 'b')
      expect(fixture.closed).toHaveLength(1)
    })

    it("are created once for an entry's endpoint with the store's identity, and outlive an upsert without a change", async () => {
      const fixture = new StoreFixture()
      fixture.keep('creds', 'LTAI5tProd')
      const kms = store('kms', auth('creds'))
      await fixture.registry.upsert(kms, { signal })
      const query = { ...inProd('kms'), kmsEndpoint: 'kms.cn-beijing.aliyuncs.com' }
      const elsewhere = connectionOf(fixture.registry.resolve(query))
      connectionOf(fixture.registry.resolve(query))
      await fixture.registry.upsert(kms, { signal })
      expect(await readThrough(elsewhere)).toBe('LTAI5tProd@kms.cn-beijing.aliyuncs.com/app/db')
      expect(fixture.made).toHaveLength(2)
      fixture.registry.remove('prod', 'kms')
      expect(fixture.closed).toHaveLength(2)
    })

    it('stay open when the region of a store with an endpoint changes, which new ones use', async () => {
      const fixture = new StoreFixture()
      fixture.keep('creds', 'LTAI5tProd')
      const at = { endpoint: 'kms.cn-beijing.aliyuncs.com', ...auth('creds') }
      const resolve = (query: object): BackendConnection =>
        connectionOf(fixture.registry.resolve({ ...inProd('kms'), ...query }))
      const queries = [{}, { kmsEndpoint: 'kms.cn-shanghai.aliyuncs.com' }]
      const instance = { kmsEndpoint: 'kst-a.cryptoservice.kms.aliyuncs.com' }
      await fixture.registry.upsert(store('kms', at), { signal })
      const before = queries.map(resolve)
      resolve(instance)
      await fixture.registry.upsert(store('kms', { region: 'cn-beijing', ...at }), { signal })
      for (const connection of before) expect(await readThrough(connection)).toMatch(/^LTAI5tProd@/)
      queries.map(resolve)
      expect([fixture.made.length, fixture.closed]).toEqual([3, []])
      resolve(instance)
      expect(fixture.made.slice(2).map(({ endpoint, region }) => [endpoint, region])).toEqual([
        [instance.kmsEndpoint, 'cn-hangzhou'],
        [instance.kmsEndpoint, 'cn-beijing'],
      ])
      fixture.registry.remove('prod', 'kms')
      expect(fixture.closed).toHaveLength(4)
    })

    it('work again after their store was deleted and created again', async () => {
      const fixture = new StoreFixture()
      fixture.keep('creds', 'LTAI5tProd')
      const kms = store('kms', auth('creds'))
      await fixture.registry.upsert(kms, { signal })
      const handle = connectionOf(fixture.registry.resolve(inProd('kms')))
      fixture.registry.remove('prod', 'kms')
      await expect(readThrough(handle)).rejects.toMatchObject({ code: 'Cancelled' })
      await fixture.registry.upsert(kms, { signal })
      expect(await readThrough(handle)).toMatch(/^LTAI5tProd@/)
    })

    it('are not closed by their users', async () => {
      const fixture = new StoreFixture()
      const connection = connectionOf(fixture.registry.resolve({ namespace: 'prod' }))
      await connection.backend.close()
      expect(fixture.closed).toEqual([])
      expect(await readThrough(connection)).toMatch(/^LTAI5tOwn@/)
    })

    it('are all closed with the registry, also during reads', async () => {
      const fixture = new StoreFixture()
      fixture.keep('creds', 'LTAI5tProd')
      await fixture.registry.upsert(store('kms', auth('creds')), { signal })
      const connection = connectionOf(fixture.registry.resolve(inProd('kms')))
      connectionOf(fixture.registry.resolve({ namespace: 'prod' }))
      fixture.hold = true
      const reading = readThrough(connection)
      await fixture.registry.close()
      expect(new Set(fixture.closed).size).toBe(2)
      for (const go of fixture.waiting) go()
      await reading
      expect(fixture.registry.resolve({ namespace: 'prod' })).toMatchObject({
        kind: 'error',
        error: { code: 'Cancelled' },
      })
      await expect(fixture.registry.upsert(store('kms'), { signal })).rejects.toMatchObject({ code: 'Cancelled' })
      await fixture.registry.close()
    })
  })

  describe('backends of a program', () => {
    const value: SecretValue = {
      bytes: new Sensitive(new TextEncoder().encode('x')),
      versionId: 'v1',
      versionStages: [],
      type: 'Generic',
      dataType: 'text',
    }
    const registryOf = (backend: Pick<SecretBackend, 'read' | 'close'>): StoreRegistry => {
      const connect = (): BackendConnection => ({ key: 'k', kind: 'k', quota: { account: 'a', region: 'r' }, backend })
      const drivers = DRIVERS.map((driver) => ({ ...driver, probe: async () => undefined, connect }))
      return new StoreFixture({ drivers }).registry
    }

    it('are closed when any call of close() ends', async () => {
      const closing = Promise.withResolvers<void>()
      const registry = registryOf({ read: async () => value, close: () => closing.promise })
      connectionOf(registry.resolve({ namespace: 'prod' }))
      const ended: number[] = []
      const calls = [1, 2].map(async (call) => {
        await registry.close()
        ended.push(call)
      })
      await new Promise(setImmediate)
      expect(ended).toEqual([])
      closing.resolve()
      await Promise.all(calls)
    })

    it('may throw at once when they are closed, which is not the result of the last read', async () => {
      const reads = Promise.withResolvers<SecretValue>()
      const close = (): never => {
        throw new TypeError('not closed')
      }
      const registry = registryOf({ read: () => reads.promise, close })
      await registry.upsert(store('kms'), { signal })
      const reading = readThrough(connectionOf(registry.resolve(inProd('kms'))))
      connectionOf(registry.resolve({ namespace: 'prod' }))
      const closed = registry.close().catch((error: unknown) => error)
      reads.resolve(value)
      expect(await reading).toBe('x')
      expect(await closed).toEqual(new TypeError('not closed'))
    })
  })

  it("reads id and secret with one signal per upsert, which aborts with the caller's", async () => {
    const seen: AbortSignal[] = []
    const readSecretKey: StoreRegistryOptions['readSecretKey'] = ({ key }, options) => {
      seen.push(options.signal)
      return Promise.resolve(new TextEncoder().encode(key === 'id' ? 'LTAI5tSame' : CANARY))
    }
    const { registry } = new StoreFixture({ readSecretKey })
    const given = new AbortController()
    for (let look = 0; look < 2; look += 1) await registry.upsert(store('kms', auth('kms')), { signal: given.signal })
    expect(seen[0]).toBe(seen[1])
    expect(seen[2]).toBe(seen[3])
    expect(new Set(seen).size).toBe(2)
    given.abort()
    expect(seen.every(({ aborted }) => aborted)).toBe(true)
  })

  it('lists the credential sources of each store', async () => {
    const fixture = new StoreFixture()
    await fixture.registry.upsert(store('a', auth('one')), { signal })
    await fixture.registry.upsert(store('b'), { signal })
    expect(fixture.registry.sourcesOf('prod', 'a').secrets).toEqual([{ namespace: 'prod', name: 'one' }])
    expect(fixture.registry.sourcesOf('prod', 'b').secrets).toEqual([])
    fixture.registry.remove('prod', 'a')
    expect(fixture.registry.sourcesOf('prod', 'a').secrets).toEqual([])
  })

  it.each<[string, Partial<StoreRegistryOptions>]>([
    ['a malformed default endpoint', { defaults: { region: 'cn-hangzhou', endpoints: { kms: 'https://x' } } }],
    ['a malformed region', { defaults: { region: '../x' } }],
    ['a malformed pattern', { allowEndpoints: ['https://x'] }],
  ])('is not created with %s', (_rule, options) =>
    expect(() => new StoreFixture(options)).toThrowError(expect.objectContaining({ code: 'InvalidSpec' })),
  )

  it('shows no credential to an inspection', async () => {
    const fixture = new StoreFixture()
    fixture.keep('creds', 'LTAI5tProd')
    await fixture.registry.upsert(store('kms', auth('creds')), { signal })
    expect(inspect(fixture.registry, { depth: 10, showHidden: true })).not.toContain('canary')
    expect(inspect(fixture.secrets, { depth: 10, showHidden: true })).toContain('canary')
  })
})
