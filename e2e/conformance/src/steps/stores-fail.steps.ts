import { readFile } from 'node:fs/promises'
import { type KubeSecret, SLOW_INTERVAL, until } from '@ack-secret-manager/testenv'
import { canary } from '@ack-secret-manager/test-support/canary'
import { expect } from 'vitest'
import { begin, expectKept, untilNotReady } from '../helpers.ts'
import { INSTANCE_SEED, OwnStore } from '../own-store.ts'
import type { ScenarioSteps } from '../scenario-tests.ts'
import { expectNoReads } from '../polling-expectations.ts'
import type { Scenario } from '../scenario.ts'
import type { STORES_FAIL } from '../tables/stores-fail.ts'

const ONE = { password: 'one' }

/** Creates a store for the row and syncs the ExternalSecret through it. */
async function beginThrough(scenario: Scenario, more: object = {}): Promise<[OwnStore, KubeSecret]> {
  const store = new OwnStore(scenario)
  await scenario.put(ONE)
  await store.open(more)
  return [store, await begin(scenario, ONE, store.spec('password'))]
}

/** Waits until resource and store report the failed authentication, and asserts that the Secret is kept. */
async function expectRefused(scenario: Scenario, before: KubeSecret, says: RegExp): Promise<void> {
  await untilNotReady(scenario, 'AuthenticationFailed', says)
  const store = await scenario.env.untilReason('secretstores', scenario.id, 'AuthenticationFailed')
  expect(store).toMatchObject({ status: 'False', message: expect.stringMatching(says) as string })
  await expectKept(scenario, before)
}

/** Asserts that the resource recovered without a write, and that the failure was reported at most `most` times. */
async function expectRecovered(scenario: Scenario, before: KubeSecret, reason: string, most = 1): Promise<void> {
  await scenario.untilEvents(new RegExp(`^Synced(,${reason}){1,${most}},Synced$`))
  expect(await scenario.reasons()).toEqual(['Synced', reason, 'Synced'])
  await expectKept(scenario, before)
}

/** Asserts that nothing is read while the store is missing or not allowed. */
async function expectStoreBlocked(scenario: Scenario, before: KubeSecret, reason: string, says: RegExp): Promise<void> {
  await untilNotReady(scenario, reason, says)
  await expectNoReads(scenario, 'password')
  await expectKept(scenario, before)
}

export const storesFailSteps: ScenarioSteps<typeof STORES_FAIL> = {
  'wrong-signature': async (scenario) => {
    const [store, before] = await beginThrough(scenario)
    await store.createKey(canary('another'))
    await expectRefused(scenario, before, /asking STS for the identity.*SignatureDoesNotMatch/)
    expect(Object.keys(await scenario.calls('password'))).toEqual(['OK', 'SignatureDoesNotMatch'])
    // Nothing changes in the cluster, so the retry comes from the operator's own schedule.
    await store.createKey()
    await expectRecovered(scenario, before, 'AuthenticationFailed', 2)
  },

  'unknown-key': async (scenario) => {
    const [store, before] = await beginThrough(scenario)
    await store.deleteKey()
    await expectRefused(scenario, before, /asking STS for the identity.*InvalidAccessKeyId/)
    expect(Object.keys(await scenario.calls('password'))).toEqual(['OK', 'InvalidAccessKeyId.NotFound'])
    await store.createKey()
    await expectRecovered(scenario, before, 'AuthenticationFailed', 2)
  },

  'session-over': async (scenario) => {
    const ramRoleARN = `acs:ram::1234567890123456:role/${scenario.id}`
    const [, before] = await beginThrough(scenario, { ramRoleARN })
    await scenario.env.simulator.control('DELETE', `/sessions/${scenario.id}`)
    await until(
      'the previous session is refused',
      async () => 'InvalidAccessKeyId.NotFound' in (await scenario.calls('password')),
    )
    await scenario.untilRead('password')
    expect(await scenario.calls('password')).toHaveProperty(['InvalidAccessKeyId.NotFound'], 1)
    expect(await scenario.reasons()).toEqual(['Synced'])
    await scenario.untilEvents(['Synced'])
    await expectKept(scenario, before)
    const { calls } = await scenario.env.simulator.calls()
    const sessions = calls.filter(({ action, secret }) => action === 'AssumeRole' && secret === scenario.id)
    expect(sessions).toMatchObject([{ result: 'OK', count: 2 }])
  },

  'session-refused': async (scenario) => {
    const ramRoleARN = `acs:ram::1234567890123456:role/${scenario.id}`
    const [, before] = await beginThrough(scenario, { ramRoleARN })
    await scenario.env.simulator.control('DELETE', `/roles/${scenario.id}`)
    await expectRefused(scenario, before, /assuming role .* there is no such role/)
    await scenario.env.simulator.control('PUT', `/roles/${scenario.id}`, {})
    await expectRecovered(scenario, before, 'AuthenticationFailed', 2)
  },

  'credential-gone': async (scenario) => {
    const [store, before] = await beginThrough(scenario)
    await scenario.env.cluster.request('DELETE', scenario.env.secretPath(store.credential))
    await expectRefused(scenario, before, new RegExp(`/${store.credential} does not exist`))
    await expectNoReads(scenario, 'password')
    await store.writeKey()
    await expectRecovered(scenario, before, 'AuthenticationFailed')
  },

  'credential-part': async (scenario) => {
    const [store, before] = await beginThrough(scenario)
    await scenario.editSecret({ data: { secret: null } }, store.credential)
    await expectRefused(scenario, before, new RegExp(`/${store.credential} has no key "secret"`))
    await expectNoReads(scenario, 'password')
    await store.writeKey()
    await expectRecovered(scenario, before, 'AuthenticationFailed')
  },

  'token-file': async (scenario) => {
    const [store, before] = await beginThrough(scenario)
    const oidcTokenFilePath = '/var/run/secrets/nowhere/token'
    const account = 'acs:ram::1234567890123456'
    const accessKey = { accessKey: null, accessKeySecret: null }
    const rrsa = { oidcProviderARN: `${account}:oidc-provider/ack`, ramRoleARN: `${account}:role/${scenario.id}` }
    await scenario.patchStore({ KMS: { KMSAuth: { oidcTokenFilePath, ...rrsa, ...accessKey } } })
    await expectRefused(scenario, before, new RegExp(`${oidcTokenFilePath} does not exist`))
    await expectNoReads(scenario, 'password')
    const nothing = { oidcTokenFilePath: null, oidcProviderARN: null, ramRoleARN: null }
    await scenario.patchStore({ KMS: { KMSAuth: { ...nothing, ...store.accessKey().KMSAuth } } })
    await expectRecovered(scenario, before, 'AuthenticationFailed')
  },

  'client-key-unreadable': async (scenario) => {
    const [store, before] = await beginAtInstance(scenario)
    await store.writeCredential({ password: canary('another') })
    await expectRefused(scenario, before, new RegExp(`password" of Secret \\S+/${store.credential} does not open`))
    await expectNoReads(scenario, 'password')
    await store.writeCredential({ password: INSTANCE_SEED.clientKeys[0]?.password ?? '' })
    await expectRecovered(scenario, before, 'AuthenticationFailed')
  },

  'client-key-expired': async (scenario) => {
    const [store, before] = await beginAtInstance(scenario)
    const late = { password: canary('late'), notAfter: '2020-01-01T00:00:00Z' }
    const { file } = (await scenario.env.simulator.control('PUT', '/clientKeys/KAAP.late', late)) as { file: string }
    await store.writeCredential({ file: await readFile(file, 'utf8'), password: late.password })
    await expectRefused(scenario, before, /KAAP\.late expired at 2020/)
    await expectNoReads(scenario, 'password')
    await writeValidKey(store)
    await expectRecovered(scenario, before, 'AuthenticationFailed')
  },

  'store-missing': async (scenario) => {
    const store = new OwnStore(scenario)
    await scenario.put(ONE)
    await scenario.apply({ ...SLOW_INTERVAL, ...store.spec('password') })
    await untilNotReady(scenario, 'StoreNotFound', new RegExp(`SecretStore \\S+/${scenario.id}`))
    await expectNoReads(scenario, 'password')
    expect(await scenario.hadSecret()).toBe(false)
    await store.open()
    await scenario.untilSynced(ONE)
    await scenario.untilEvents(['StoreNotFound', 'Synced'])
  },

  'store-gone': async (scenario) => {
    const [store, before] = await beginThrough(scenario)
    await scenario.env.cluster.request('DELETE', scenario.env.resourcePath('secretstores', scenario.id))
    await expectStoreBlocked(scenario, before, 'StoreNotFound', new RegExp(`SecretStore \\S+/${scenario.id}`))
    await store.apply()
    await expectRecovered(scenario, before, 'StoreNotFound')
  },

  'store-closed': async (scenario) => {
    const { env } = scenario
    const { namespace, request } = env.cluster
    const store = new OwnStore(scenario)
    const name = `${scenario.id}-${namespace}`
    const open = async (conditions: readonly object[]): Promise<void> =>
      env.apply('ClusterSecretStore', name, { KMS: store.accessKey({}, { namespace }), conditions })
    try {
      await scenario.put(ONE)
      await store.createKey()
      await store.writeKey()
      await open([{ namespaces: [namespace] }])
      await env.untilReason('clustersecretstores', name, 'Ready')
      const before = await begin(scenario, ONE, store.spec('password', { name, kind: 'ClusterSecretStore' }))
      await open([{ namespaces: ['elsewhere'] }])
      await expectStoreBlocked(scenario, before, 'StoreNotAllowed', new RegExp(`ClusterSecretStore ${name}`))
      await open([{ namespaces: [namespace] }])
      await expectRecovered(scenario, before, 'StoreNotAllowed')
    } finally {
      await request('DELETE', env.resourcePath('clustersecretstores', name))
    }
  },

  'secret-closed': async (scenario) => {
    const [, before] = await beginThrough(scenario)
    const allow = (secrets: readonly string[]): Promise<void> => scenario.patchStore({ allow: [{ secrets }] })
    await allow(['other/*'])
    const says = new RegExp(scenario.kmsName('password'))
    await expectStoreBlocked(scenario, before, 'StoreNotAllowed', says)
    await allow([scenario.kmsName('*')])
    await expectRecovered(scenario, before, 'StoreNotAllowed')
  },
}

/** Like {@link beginThrough}, at the KMS instance and with a client key. */
async function beginAtInstance(scenario: Scenario): Promise<[OwnStore, KubeSecret]> {
  const store = new OwnStore(scenario)
  await scenario.put(ONE)
  await writeValidKey(store)
  await store.apply(await store.clientKey())
  return [store, await begin(scenario, ONE, store.spec('password'))]
}

async function writeValidKey(store: OwnStore): Promise<void> {
  await store.writeCredential(await store.scenario.env.simulator.clientKey('KAAP.good'))
}
