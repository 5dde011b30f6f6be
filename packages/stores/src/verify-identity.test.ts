import { inspect } from 'node:util'
import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { type CredentialProvider, type SecretBackend, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { afterEach, describe, expect, it } from 'vitest'
import type { NamespacedName } from './store-references.ts'
import type { StoreRegistry } from './store-registry.ts'
import type { StoreDefaults, RecheckReason, StoreRegistryOptions } from './store-types.ts'
import { ACCOUNT, Cloud, readApp, roleArn } from './testing/cloud-fixture.ts'
import { DRIVERS } from './testing/drivers.ts'
import { connectionOf, inProd, keyRefs, own, readThrough, signal, store, storeOf } from './testing/store-fixture.ts'

const MINUTE_MS = 60_000
const READ = [{ actions: ['kms:GetSecretValue'], resources: ['*'] }]
const PATIENCE = { timeout: 60_000 }

const cloud = useFixture(() => Cloud.start())
afterEach(() => cloud.reset())

const kms = store('kms', { KMSAuth: keyRefs('creds') })

/** A registry that records its callbacks. */
function setup(options: Omit<Partial<StoreRegistryOptions>, 'defaults'> = {}, defaults: Partial<StoreDefaults> = {}) {
  // The clock signs requests, so it must show the real time.
  const clock = new ManualClock(Date.now())
  const rechecks: Array<[RecheckReason, ...string[]]> = []
  const accounts: Array<[string, string]> = []
  const registry = cloud.registry({
    clock,
    onRecheck: (stores: readonly NamespacedName[], why) => rechecks.push([why, ...stores.map(({ name }) => name)]),
    onCallerIdentity: (quotaAccount, { account }) => accounts.push([quotaAccount, account]),
    ...options,
    defaults,
  })
  return { registry, rechecks, accounts, clock }
}

/** Makes an AccessKey that other tests do not need, and the Secret that holds it. */
async function makeKey(id = 'LTAI5tMade'): Promise<void> {
  await cloud.control('PUT', `accessKeys/${id}`, { secret: 'canary-secret', allow: READ })
  cloud.keep('creds', id)
}

const play = (fault: object): Promise<unknown> =>
  cloud.control('POST', 'faults', { match: { action: 'GetCallerIdentity' }, ...fault })

describe('an AccessKey that STS rejects', () => {
  it.each<[string, () => void, string]>([
    ['unknown', () => cloud.keep('creds', 'LTAI5tUnknown'), 'InvalidAccessKeyId'],
    ['with a wrong secret', () => cloud.keep('creds', 'LTAI5tDemo', 'canary-wrong'), 'SignatureDoesNotMatch'],
  ])('%s: its store is not ready, and nothing is read through it', async (_what, keep, remoteCode) => {
    keep()
    const { registry, accounts } = setup()
    const state = await registry.upsert(kms, { signal })
    expect(state).toMatchObject({
      ready: false,
      error: {
        code: 'Unauthenticated',
        message: expect.stringMatching(/^SecretStore prod\/kms: spec\.KMS\.KMSAuth: asking STS for the identity at /),
        facts: { field: 'spec.KMS.KMSAuth', remoteCode: expect.stringContaining(remoteCode) },
      },
    })
    await expect(readApp(registry, 'kms')).rejects.toMatchObject({ code: 'Unauthenticated' })
    expect(await cloud.count('GetSecretValue')).toBe(0)
    expect(accounts).toEqual([])
    expect(inspect(state, { depth: 10, showHidden: true })).not.toContain('canary')
  })

  it('makes its store ready as soon as STS accepts it', async () => {
    await makeKey()
    await cloud.control('DELETE', 'accessKeys/LTAI5tMade')
    const { registry } = setup()
    expect(await registry.upsert(kms, { signal })).toMatchObject({ ready: false })
    await cloud.control('PUT', 'accessKeys/LTAI5tMade')
    expect(await registry.upsert(kms, { signal })).toMatchObject({ ready: true, caller: { account: ACCOUNT } })
    expect(await readApp(registry, 'kms')).toBe('from-kms')
  })
})

describe('STS', () => {
  it('reports the account of an identity once', async () => {
    cloud.keep('creds', 'LTAI5tDemo')
    const { registry, accounts } = setup()
    await registry.upsert(kms, { signal })
    await registry.upsert(kms, { signal })
    expect(accounts).toEqual([[expect.stringMatching(/^unknown [\w-]{22}$/), ACCOUNT]])
  })

  it.each(['http503', 'reset', 'garbage', 'throttle'])(
    'that responds with %s delays no store and is not called again for a minute',
    async (fault) => {
      for (const name of ['a', 'b']) cloud.keep(name, name === 'a' ? 'LTAI5tDemo' : 'LTAI5tPoor')
      const { registry, clock } = setup()
      await play({ fault })
      for (const name of ['a', 'b']) {
        const state = await registry.upsert(store(name, { KMSAuth: keyRefs(name) }), { signal })
        expect(state).toMatchObject({ ready: true, unverified: true })
        expect(state).not.toHaveProperty('caller')
      }
      expect(await readApp(registry, 'a')).toBe('from-kms')
      await cloud.control('DELETE', 'faults')
      await cloud.control('DELETE', 'calls')
      await registry.upsert(store('a', { KMSAuth: keyRefs('a') }), { signal })
      expect(await cloud.count('GetCallerIdentity')).toBe(0)
      await clock.advance(MINUTE_MS)
      const state = await registry.upsert(store('a', { KMSAuth: keyRefs('a') }), { signal })
      expect(state).toMatchObject({ ready: true, caller: { account: ACCOUNT } })
      expect(state).not.toHaveProperty('unverified')
    },
  )

  it('is called for other accounts when it throttles one', async () => {
    for (const name of ['a', 'b']) cloud.keep(name, name === 'a' ? 'LTAI5tDemo' : 'LTAI5tPoor')
    const { registry } = setup()
    await play({ fault: 'throttle', count: 1 })
    const states = []
    for (const name of ['a', 'b', 'a'])
      states.push(await registry.upsert(store(name, { KMSAuth: keyRefs(name) }), { signal }))
    expect(states).toMatchObject([{ unverified: true }, { caller: { account: ACCOUNT } }, { unverified: true }])
    expect(await cloud.count('GetCallerIdentity')).toBe(2)
  })

  it('has one deadline for a renewed session and its own call', async () => {
    const clock = new ManualClock(Date.now())
    const unknown = accessKeyProvider({ accessKeyId: 'LTAI5tUnknown', accessKeySecret: new Sensitive('canary-secret') })
    let isRefused = false
    const identity: CredentialProvider = {
      ...unknown,
      credential: (request) => (isRefused ? new Promise(() => undefined) : unknown.credential(request)),
      invalidate: () => void (isRefused = true),
    }
    const { registry } = setup({ clock }, { identity })
    const looked = registry.upsert(store('kms'), { signal })
    await expect.poll(() => isRefused, PATIENCE).toBe(true)
    await clock.advance(5_000)
    expect(await looked).toMatchObject({ ready: true, unverified: true })
  })

  it('makes one call for all callers, even if one aborts', async () => {
    for (const name of ['a', 'b']) cloud.keep(name, 'LTAI5tDemo')
    const { registry } = setup()
    // Longer than a loaded machine needs to record the call.
    await play({ fault: 'slow', ms: 3_000 })
    const leaving = new AbortController()
    const first = registry.upsert(store('a', { KMSAuth: keyRefs('a') }), { signal: leaving.signal })
    const second = registry.upsert(store('b', { KMSAuth: keyRefs('b') }), { signal })
    await expect.poll(() => cloud.count('GetCallerIdentity'), PATIENCE).toBe(1)
    leaving.abort()
    await expect(first).rejects.toMatchObject({ code: 'Cancelled' })
    expect(await second).toMatchObject({ ready: true, caller: { account: ACCOUNT } })
    expect(await cloud.count('GetCallerIdentity')).toBe(1)
  })

  it('is called again with a new session when it refuses the old one', async () => {
    cloud.serviceAccounts.set('prod/web', { uid: 'u', roleArn: roleArn('web') })
    const web = store('kms', { KMSAuth: { serviceAccountRef: { name: 'web' } } })
    const { registry, clock } = setup()
    await play({ fault: 'http503' })
    await registry.upsert(web, { signal })
    await cloud.control('DELETE', 'faults')
    await cloud.control('DELETE', 'sessions')
    await clock.advance(MINUTE_MS)
    expect(await registry.upsert(web, { signal })).toMatchObject({ ready: true, caller: { account: ACCOUNT } })
    expect(await cloud.count('AssumeRoleWithOIDC')).toBe(2)
  })
})

describe('a credential that reads refuse', () => {
  const read = (registry: StoreRegistry): Promise<string> =>
    readApp(registry, 'kms').catch((error: { code: string }) => error.code)

  it('is verified again, and its store is not ready if STS rejects it too', async () => {
    await makeKey()
    const { registry, rechecks } = setup()
    expect(await registry.upsert(kms, { signal })).toMatchObject({ ready: true })
    await cloud.control('DELETE', 'accessKeys/LTAI5tMade')
    expect([await read(registry), await read(registry)]).toEqual(['Unauthenticated', 'Unauthenticated'])
    expect(rechecks).toEqual([['refused', 'kms']])
    expect(await registry.upsert(kms, { signal })).toMatchObject({
      ready: false,
      error: { code: 'Unauthenticated', message: expect.stringContaining('asking STS for the identity') },
    })
    await cloud.control('PUT', 'accessKeys/LTAI5tMade')
    expect(await registry.upsert(kms, { signal })).toMatchObject({ ready: true })
    expect(await read(registry)).toBe('from-kms')
  })

  it('is verified once per refusal, and other identities stay known', async () => {
    cloud.keep('creds', 'LTAI5tDemo')
    const backend: SecretBackend = {
      read: async () => {
        throw new SecretSyncError('Unauthenticated', 'refused here alone')
      },
      close: async () => undefined,
    }
    const quota = { account: 'a', region: 'r' }
    const { registry, clock } = setup({
      drivers: DRIVERS.map((driver) => ({ ...driver, connect: () => ({ key: 'k', kind: 'test', quota, backend }) })),
    })
    const twin = storeOf('twin', { OOS: { OOSAuth: keyRefs('creds') } })
    const looks = async (): Promise<number> => {
      await read(registry)
      for (const resource of [kms, kms, twin]) await registry.upsert(resource, { signal })
      return cloud.count('GetCallerIdentity')
    }
    await registry.upsert(kms, { signal })
    await play({ fault: 'http503' })
    expect(await looks()).toBe(2)
    expect(await registry.upsert(twin, { signal })).toMatchObject({ ready: true, caller: { account: ACCOUNT } })
    await cloud.control('DELETE', 'faults')
    await clock.advance(MINUTE_MS)
    expect([await looks(), await looks()]).toEqual([3, 3])
    await clock.advance(10 * MINUTE_MS)
    expect(await looks()).toBe(4)
  })

  it('makes its store not ready without verifyIdentity, until a read succeeds', async () => {
    await cloud.keepClientKey('aap', 'KAAP.spare')
    const aap = storeOf('kms', await cloud.instanceSpec())
    const { registry, rechecks } = setup()
    await registry.upsert(aap, { signal })
    await cloud.control('DELETE', 'clientKeys/KAAP.spare')
    expect(await read(registry)).toBe('Unauthenticated')
    const before = registry.leadsTo('prod', 'kms')
    const state = await registry.upsert(aap, { signal })
    expect(state).toMatchObject({
      ready: false,
      error: {
        code: 'Unauthenticated',
        message: expect.stringMatching(/^SecretStore prod\/kms: \S+\.clientKeyContent: .*does not know the client key/),
      },
    })
    expect(inspect(state)).not.toContain('app/db')
    // Only a read can show that the credential works again, so reads continue.
    expect(registry.leadsTo('prod', 'kms')).toBe(before)
    await cloud.control('PUT', 'clientKeys/KAAP.spare')
    expect(await read(registry)).toBe('from-kms')
    expect(await registry.upsert(aap, { signal })).toMatchObject({ ready: true })
    expect(rechecks).toEqual([
      ['refused', 'kms'],
      ['accepted', 'kms'],
    ])
  })

  it('is forgotten when no read is refused again', async () => {
    await makeKey()
    const { registry, clock } = setup({ verifyIdentity: false })
    await registry.upsert(kms, { signal })
    await cloud.control('DELETE', 'accessKeys/LTAI5tMade')
    await read(registry)
    expect(await registry.upsert(kms, { signal })).toMatchObject({ ready: false })
    await clock.advance(10 * MINUTE_MS)
    expect(await registry.upsert(kms, { signal })).toMatchObject({ ready: true })
  })

  it('is reported again after the former refusal is forgotten', async () => {
    await makeKey()
    const { registry, clock, rechecks } = setup({ verifyIdentity: false })
    await registry.upsert(kms, { signal })
    await cloud.control('DELETE', 'accessKeys/LTAI5tMade')
    await read(registry)
    await clock.advance(10 * MINUTE_MS)
    await read(registry)
    expect(rechecks).toEqual([
      ['refused', 'kms'],
      ['refused', 'kms'],
    ])
  })

  it('affects all stores with this credential and endpoint, and no others', async () => {
    await makeKey()
    const { registry, rechecks } = setup({ verifyIdentity: false })
    for (const name of ['kms', 'twin']) await registry.upsert(store(name, { KMSAuth: keyRefs('creds') }), { signal })
    await registry.upsert(storeOf('oos', { OOS: { OOSAuth: keyRefs('creds') } }), { signal })
    await cloud.control('DELETE', 'accessKeys/LTAI5tMade')
    await read(registry)
    expect(rechecks).toEqual([['refused', 'kms', 'twin']])
  })
})

describe('a backend package that reports Unauthenticated', () => {
  const vault = storeOf('vault', { plugin: { package: 'vault', config: {} } })

  function vaultScene() {
    const says = new SecretSyncError('Unauthenticated', 'path team-a/locked: permission denied')
    const backend: SecretBackend = {
      read: async ({ name }) => {
        if (name === 'locked') throw says
        const bytes = new Sensitive(new Uint8Array([1]))
        return { bytes, versionId: 'v', versionStages: [], type: 'Generic', dataType: 'text' }
      },
      close: async () => undefined,
    }
    const quota = { account: 'a', region: 'r' }
    const all = setup({ drivers: [{ package: 'vault', connect: () => ({ key: 'k', kind: 'vault', quota, backend }) }] })
    const read = (secret: string): Promise<unknown> =>
      readThrough(connectionOf(all.registry.resolve(inProd('vault'))), secret).catch(
        ({ code }: SecretSyncError) => code,
      )
    return { ...all, read }
  }

  it('makes its store not ready with a neutral message', async () => {
    const { registry, read } = vaultScene()
    await registry.upsert(vault, { signal })
    await read('locked')
    expect(await registry.upsert(vault, { signal })).toMatchObject({
      ready: false,
      error: {
        code: 'Unauthenticated',
        message: expect.stringMatching(/^SecretStore prod\/vault: spec: package vault /),
      },
    })
    expect(inspect(await registry.upsert(vault, { signal }), { depth: 10 })).not.toContain('team-a')
  })

  it('makes its store not ready only if no read has succeeded for ten minutes', async () => {
    const { read, registry, rechecks, clock } = vaultScene()
    await registry.upsert(vault, { signal })
    for (const secret of ['locked', 'open', 'locked', 'open', 'locked']) await read(secret)
    const once = [
      ['refused', 'vault'],
      ['accepted', 'vault'],
    ]
    expect(rechecks).toEqual(once)
    expect(await registry.upsert(vault, { signal })).toMatchObject({ ready: true })
    await clock.advance(10 * MINUTE_MS)
    expect(await read('locked')).toBe('Unauthenticated')
    expect(rechecks).toEqual([...once, ['refused', 'vault']])
  })
})

describe('a credential that cannot be renewed', () => {
  it('requests a recheck of its stores', async () => {
    cloud.serviceAccounts.set('prod/web', { uid: 'u', roleArn: roleArn('web') })
    const { registry, rechecks } = setup({ verifyIdentity: false })
    await registry.upsert(store('kms', { KMSAuth: { serviceAccountRef: { name: 'web' } } }), { signal })
    await cloud.control('DELETE', 'sessions')
    await cloud.control('POST', 'faults', { fault: 'http503', match: { action: 'AssumeRoleWithOIDC' } })
    // The session is kept until there is a new one, because the refusal may be wrong.
    for (const code of ['Unauthenticated', 'Unauthenticated']) {
      await expect(readApp(registry, 'kms')).rejects.toMatchObject({ code })
    }
    expect(rechecks).toEqual([
      // The renewal is attempted within the read, before the read fails.
      ['unrenewed', 'kms'],
      ['refused', 'kms'],
    ])
  })

  it('is reported by the caller for the operator identity', async () => {
    const { registry, rechecks } = setup({ verifyIdentity: false }, { identity: own })
    await registry.upsert(store('kms'), { signal })
    const { fingerprint } = own.identity
    for (const result of ['ok', 'Cancelled', 'Unavailable'] as const) registry.refreshed({ fingerprint, result })
    expect(rechecks).toEqual([['unrenewed', 'kms']])
  })
})

it('does not call STS without verifyIdentity', async () => {
  cloud.keep('creds', 'LTAI5tUnknown')
  const { registry } = setup({ verifyIdentity: false })
  const state = await registry.upsert(kms, { signal })
  expect(state).toMatchObject({ ready: true })
  expect(state).not.toHaveProperty('unverified')
  expect(await cloud.count('GetCallerIdentity')).toBe(0)
})
