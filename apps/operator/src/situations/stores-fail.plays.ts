import { until } from '@ack-secret-manager/testbed'
import { canary } from '@ack-secret-manager/testbed/canary'
import { expect } from 'vitest'
import type { KubeSecret } from '../testing/cluster-objects.ts'
import { begin, expectKept, untilNotReady } from './course.ts'
import { INSTANCE_SEED, OwnStore } from './own-store.ts'
import type { Plays } from './play-table.ts'
import { expectRest } from './rhythm.ts'
import { SELDOM } from '../testing/seldom.ts'
import type { Situation } from './situation.ts'
import type { STORES_FAIL } from './stores-fail.ts'

const ONE = { password: 'one' }

/** A store of the row's own, through which all is well. */
async function beginThrough(situation: Situation, more: object = {}): Promise<[OwnStore, KubeSecret]> {
  const store = new OwnStore(situation)
  await situation.put(ONE)
  await store.open(more)
  return [store, await begin(situation, ONE, store.spec('password'))]
}

/** Waits until resource and store say that the identity is of no use, and asserts that the Secret is kept. */
async function expectRefused(situation: Situation, before: KubeSecret, says: RegExp): Promise<void> {
  await untilNotReady(situation, 'AuthenticationFailed', says)
  const store = await situation.scene.untilReason('secretstores', situation.id, 'AuthenticationFailed')
  expect(store).toMatchObject({ status: 'False', message: expect.stringMatching(says) as string })
  await expectKept(situation, before)
}

/** Asserts that all is well again, that a failure was told, or no more than so many, and that nothing was written. */
async function expectRecovered(situation: Situation, before: KubeSecret, reason: string, most = 1): Promise<void> {
  await situation.untilEvents(new RegExp(`^Synced(,${reason}){1,${most}},Synced$`))
  expect(await situation.reasons()).toEqual(['Synced', reason, 'Synced'])
  await expectKept(situation, before)
}

/** What is not there, or not allowed: nothing is read until it is. */
async function expectShut(situation: Situation, before: KubeSecret, reason: string, says: RegExp): Promise<void> {
  await untilNotReady(situation, reason, says)
  await expectRest(situation, 'password')
  await expectKept(situation, before)
}

export const storesFailPlays: Plays<typeof STORES_FAIL> = {
  'wrong-signature': async (situation) => {
    const [store, before] = await beginThrough(situation)
    await store.know(canary('another'))
    await expectRefused(situation, before, /asking STS for the identity.*SignatureDoesNotMatch/)
    expect(Object.keys(await situation.calls('password'))).toEqual(['OK', 'SignatureDoesNotMatch'])
    // Nothing changes in the cluster: it is tried again by itself.
    await store.know()
    await expectRecovered(situation, before, 'AuthenticationFailed', 2)
  },

  'unknown-key': async (situation) => {
    const [store, before] = await beginThrough(situation)
    await store.forget()
    await expectRefused(situation, before, /asking STS for the identity.*InvalidAccessKeyId/)
    expect(Object.keys(await situation.calls('password'))).toEqual(['OK', 'InvalidAccessKeyId.NotFound'])
    await store.know()
    await expectRecovered(situation, before, 'AuthenticationFailed', 2)
  },

  'session-over': async (situation) => {
    const ramRoleARN = `acs:ram::1234567890123456:role/${situation.id}`
    const [, before] = await beginThrough(situation, { ramRoleARN })
    await situation.scene.simulator.control('DELETE', `/sessions/${situation.id}`)
    await until(
      'the former session is refused',
      async () => 'InvalidAccessKeyId.NotFound' in (await situation.calls('password')),
    )
    await situation.untilAsked('password')
    expect(await situation.calls('password')).toHaveProperty(['InvalidAccessKeyId.NotFound'], 1)
    expect(await situation.reasons()).toEqual(['Synced'])
    await situation.untilEvents(['Synced'])
    await expectKept(situation, before)
    const { calls } = await situation.scene.simulator.calls()
    const sessions = calls.filter(({ action, secret }) => action === 'AssumeRole' && secret === situation.id)
    expect(sessions).toMatchObject([{ result: 'OK', count: 2 }])
  },

  'session-refused': async (situation) => {
    const ramRoleARN = `acs:ram::1234567890123456:role/${situation.id}`
    const [, before] = await beginThrough(situation, { ramRoleARN })
    await situation.scene.simulator.control('DELETE', `/roles/${situation.id}`)
    await expectRefused(situation, before, /assuming role .* there is no such role/)
    await situation.scene.simulator.control('PUT', `/roles/${situation.id}`, {})
    await expectRecovered(situation, before, 'AuthenticationFailed', 2)
  },

  'credential-gone': async (situation) => {
    const [store, before] = await beginThrough(situation)
    await situation.scene.place.request('DELETE', situation.scene.secretPath(store.credential))
    await expectRefused(situation, before, new RegExp(`/${store.credential} does not exist`))
    await expectRest(situation, 'password')
    await store.keep()
    await expectRecovered(situation, before, 'AuthenticationFailed')
  },

  'credential-part': async (situation) => {
    const [store, before] = await beginThrough(situation)
    await situation.editSecret({ data: { secret: null } }, store.credential)
    await expectRefused(situation, before, new RegExp(`/${store.credential} has no key "secret"`))
    await expectRest(situation, 'password')
    await store.keep()
    await expectRecovered(situation, before, 'AuthenticationFailed')
  },

  'token-file': async (situation) => {
    const [store, before] = await beginThrough(situation)
    const oidcTokenFilePath = '/var/run/secrets/nowhere/token'
    const account = 'acs:ram::1234567890123456'
    const accessKey = { accessKey: null, accessKeySecret: null }
    const rrsa = { oidcProviderARN: `${account}:oidc-provider/ack`, ramRoleARN: `${account}:role/${situation.id}` }
    await situation.patchStore({ KMS: { KMSAuth: { oidcTokenFilePath, ...rrsa, ...accessKey } } })
    await expectRefused(situation, before, new RegExp(`${oidcTokenFilePath} does not exist`))
    await expectRest(situation, 'password')
    const nothing = { oidcTokenFilePath: null, oidcProviderARN: null, ramRoleARN: null }
    await situation.patchStore({ KMS: { KMSAuth: { ...nothing, ...store.accessKey().KMSAuth } } })
    await expectRecovered(situation, before, 'AuthenticationFailed')
  },

  'client-key-unreadable': async (situation) => {
    const [store, before] = await beginAtInstance(situation)
    await store.keepParts({ password: canary('another') })
    await expectRefused(situation, before, new RegExp(`password" of Secret \\S+/${store.credential} does not open`))
    await expectRest(situation, 'password')
    await store.keepParts({ password: INSTANCE_SEED.clientKeys[0]?.password ?? '' })
    await expectRecovered(situation, before, 'AuthenticationFailed')
  },

  'client-key-expired': async (situation) => {
    const [store, before] = await beginAtInstance(situation)
    const late = { password: canary('late'), notAfter: '2020-01-01T00:00:00Z' }
    const { file } = (await situation.scene.simulator.control('PUT', '/clientKeys/KAAP.late', late)) as { file: string }
    await store.keepClientKey(file, late.password)
    await expectRefused(situation, before, /KAAP\.late expired at 2020/)
    await expectRest(situation, 'password')
    await keepGood(store)
    await expectRecovered(situation, before, 'AuthenticationFailed')
  },

  'store-missing': async (situation) => {
    const store = new OwnStore(situation)
    await situation.put(ONE)
    await situation.apply({ ...SELDOM, ...store.spec('password') })
    await untilNotReady(situation, 'StoreNotFound', new RegExp(`SecretStore \\S+/${situation.id}`))
    await expectRest(situation, 'password')
    expect(await situation.hadSecret()).toBe(false)
    await store.open()
    await situation.untilSynced(ONE)
    await situation.untilEvents(['StoreNotFound', 'Synced'])
  },

  'store-gone': async (situation) => {
    const [store, before] = await beginThrough(situation)
    await situation.scene.place.request('DELETE', situation.scene.resourcePath('secretstores', situation.id))
    await expectShut(situation, before, 'StoreNotFound', new RegExp(`SecretStore \\S+/${situation.id}`))
    await store.apply()
    await expectRecovered(situation, before, 'StoreNotFound')
  },

  'store-closed': async (situation) => {
    const { scene } = situation
    const { namespace, request } = scene.place
    const store = new OwnStore(situation)
    const name = `${situation.id}-${namespace}`
    const open = async (conditions: readonly object[]): Promise<void> =>
      scene.apply('ClusterSecretStore', name, { KMS: store.accessKey({}, { namespace }), conditions })
    try {
      await situation.put(ONE)
      await store.know()
      await store.keep()
      await open([{ namespaces: [namespace] }])
      await scene.untilReason('clustersecretstores', name, 'Ready')
      const before = await begin(situation, ONE, store.spec('password', { name, kind: 'ClusterSecretStore' }))
      await open([{ namespaces: ['elsewhere'] }])
      await expectShut(situation, before, 'StoreNotAllowed', new RegExp(`ClusterSecretStore ${name}`))
      await open([{ namespaces: [namespace] }])
      await expectRecovered(situation, before, 'StoreNotAllowed')
    } finally {
      await request('DELETE', scene.resourcePath('clustersecretstores', name))
    }
  },

  'secret-closed': async (situation) => {
    const [, before] = await beginThrough(situation)
    const allow = (secrets: readonly string[]): Promise<void> => situation.patchStore({ allow: [{ secrets }] })
    await allow(['other/*'])
    const says = new RegExp(situation.kmsName('password'))
    await expectShut(situation, before, 'StoreNotAllowed', says)
    await allow([situation.kmsName('*')])
    await expectRecovered(situation, before, 'StoreNotAllowed')
  },
}

/** As {@link beginThrough}, at the instance and with a client key. */
async function beginAtInstance(situation: Situation): Promise<[OwnStore, KubeSecret]> {
  const store = new OwnStore(situation)
  await situation.put(ONE)
  await keepGood(store)
  await store.apply(await store.clientKey())
  return [store, await begin(situation, ONE, store.spec('password'))]
}

async function keepGood(store: OwnStore): Promise<void> {
  const { file, password } = store.situation.scene.simulator.ready.clientKeys?.['KAAP.good'] ?? {}
  await store.keepClientKey(file ?? '', password ?? '')
}
