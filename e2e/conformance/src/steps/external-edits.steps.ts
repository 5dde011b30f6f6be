import { ACCESS_KEY, NamespaceObjects, SLOW_INTERVAL, textsOf, until } from '@ack-secret-manager/testenv'
import { expect } from 'vitest'
import { DenyingWebhook } from '../denying-webhook.ts'
import { begin, expectKept, statesOf, untilNotReady, untilStates } from '../helpers.ts'
import { OwnStore } from '../own-store.ts'
import { copyOf } from '../spec-entries.ts'
import type { EXTERNAL_EDITS } from '../tables/external-edits.ts'
import type { ScenarioSteps } from '../scenario-tests.ts'
import { expectEvents, expectNoReads } from '../polling-expectations.ts'
import type { Scenario } from '../scenario.ts'

const DB = { user: 'tom', password: 'one' }
const EDIT = { data: { password: btoa('edited') } }

/** Asserts that a Secret which a ConfigMap controls is not changed, with this policy. */
async function expectOthers(scenario: Scenario, creationPolicy: string): Promise<void> {
  const { env, id } = scenario
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: id } }
  await env.applyObject({ ...owner, data: {} })
  const { body } = await env.cluster.request<{ metadata: { uid: string } }>(
    'GET',
    `/api/v1/namespaces/${env.cluster.namespace}/configmaps/${id}`,
  )
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: id, uid: body.metadata.uid, controller: true }]
  const before = await scenario.foreignSecret({ mine: 'x' }, { ownerReferences })
  await scenario.put({ password: 'one' })
  await scenario.apply({ ...SLOW_INTERVAL, target: { creationPolicy } })
  await untilNotReady(scenario, 'TargetConflict', new RegExp(`belongs to ConfigMap ${id}`))
  await expectNoReads(scenario, 'password')
  await expectKept(scenario, before)
  await scenario.untilEvents(['TargetConflict'])
  await scenario.patch({ spec: { target: { name: `${id}-own` } } })
  await env.untilSecret(`${id}-own`, { password: 'one' })
  await expectKept(scenario, before)
}

/** Text of a key of the Secret; empty without it. */
async function textOf(scenario: Scenario, key: string): Promise<string> {
  return textsOf((await scenario.env.secret(scenario.id)) ?? {})[key] ?? ''
}

/** Runs steps while an admission webhook denies writes of the Secret. */
async function whileDenied(scenario: Scenario, happen: (webhook: DenyingWebhook) => Promise<void>): Promise<void> {
  await using webhook = await DenyingWebhook.beforeSecret(scenario.env.cluster, scenario.id)
  await happen(webhook)
}

export const externalEditsSteps: ScenarioSteps<typeof EXTERNAL_EDITS> = {
  edited: async (scenario) => {
    await scenario.put(DB)
    await begin(scenario, DB, SLOW_INTERVAL)
    await scenario.editSecret(EDIT)
    await scenario.untilEvents(['Synced', 'DriftCorrected'])
    expect(await statesOf(scenario)).toEqual([DB, { ...DB, password: 'edited' }, DB])
    expect(await scenario.calls('password')).toEqual({ OK: 2 })
    expect(await scenario.reasons()).toEqual(['Synced'])
  },

  deleted: async (scenario) => {
    await scenario.put(DB)
    const { metadata } = await begin(scenario, DB, SLOW_INTERVAL)
    await scenario.env.cluster.request('DELETE', scenario.env.secretPath(scenario.id))
    await scenario.untilEvents(['Synced', 'DriftCorrected'])
    expect(await statesOf(scenario)).toEqual([DB, {}, DB])
    expect((await scenario.secret()).metadata.uid).not.toBe(metadata.uid)
    expect(await scenario.calls('password')).toEqual({ OK: 2 })
    expect(await scenario.reasons()).toEqual(['Synced'])
  },

  'edited-away': async (scenario) => {
    await scenario.put({ password: 'one' })
    const store = await OwnStore.openFor(scenario)
    await begin(scenario, { password: 'one' }, { ...SLOW_INTERVAL, ...store.spec('password') })
    await scenario.fault('http503', 'password')
    await scenario.editSecret(EDIT)
    await scenario.healAfter('Unavailable', 'password')
    await scenario.untilEvents(['Synced', 'Unavailable', 'DriftCorrected'])
    expect(await statesOf(scenario)).toEqual([{ password: 'one' }, { password: 'edited' }, { password: 'one' }])
    await scenario.untilReady('Synced')
    expect(await scenario.reasons()).toEqual(['Synced', 'Unavailable', 'Synced'])
  },

  'deleted-away': async (scenario) => {
    await scenario.put(DB)
    const store = await OwnStore.openFor(scenario)
    await begin(scenario, DB, { ...SLOW_INTERVAL, data: [copyOf(scenario, 'user'), store.entry('password')] })
    await scenario.fault('http503', 'password')
    await scenario.env.cluster.request('DELETE', scenario.env.secretPath(scenario.id))
    await scenario.healAfter('Degraded', 'password')
    await untilStates(scenario, [DB, {}, DB])
    await scenario.untilReady('Synced')
    expect(await scenario.reasons()).toEqual(['Synced', 'Degraded', 'Synced'])
    const [, failed] = await scenario.untilEvents(['Synced', 'Degraded'])
    expect(failed?.note).toContain(`Unavailable: KMS secret "${scenario.kmsName('password')}" `)
  },

  'generated-edited': async (scenario) => {
    await scenario.put({ password: 'one' })
    await scenario.apply({ ...SLOW_INTERVAL, generate: [{ name: 'token', password: { rotationInterval: '1h' } }] })
    await scenario.untilReady('Synced')
    const token = await textOf(scenario, 'token')
    expect(token).toMatch(/^[A-Za-z0-9]{32}$/)
    await scenario.editSecret({ data: { token: btoa('edited') } })
    const events = await scenario.untilEvents(['Synced', 'Synced'])
    expect(events[1]?.note).toContain('kept the value that another user set for key token')
    await scenario.put({ password: 'two' })
    await scenario.refresh()
    await scenario.untilSynced({ password: 'two', token: 'edited' })
    expect(await scenario.reasons()).toEqual(['Synced'])
  },

  'generated-lost': async (scenario) => {
    await scenario.put({ password: 'one' })
    await scenario.apply({ ...SLOW_INTERVAL, generate: [{ name: 'token', password: {} }] })
    await scenario.untilReady('Synced')
    const tokens = new Set([await textOf(scenario, 'token')])
    for (let time = 0; time < 5; time += 1) {
      await scenario.editSecret({ data: { token: null } })
      await until('a new value is generated', async () => (await textOf(scenario, 'token')) !== '')
      tokens.add(await textOf(scenario, 'token'))
    }
    expect(tokens.size).toBe(6)
    await scenario.editSecret({ data: { token: null } })
    await untilNotReady(scenario, 'Degraded', /has lost key token 5 times within a day.*refresh-now/)
    await scenario.put({ password: 'two' })
    expect(await textOf(scenario, 'token')).toBe('')
    await scenario.refresh()
    await until('a new value is generated', async () => (await textOf(scenario, 'token')) !== '')
    await scenario.untilReady('Synced')
    expect(await textOf(scenario, 'password')).toBe('two')
  },

  controlled: (scenario) => expectOthers(scenario, 'Owner'),

  'controlled-adopt': (scenario) => expectOthers(scenario, 'Adopt'),

  'write-denied': async (scenario) => {
    await scenario.put({ password: 'one' })
    const before = await begin(scenario, { password: 'one' })
    await whileDenied(scenario, async () => {
      await scenario.put({ password: 'hunter2' })
      const says = /patch Secret \S+: admission webhook "denying.example.com" denied it/
      const { message } = await untilNotReady(scenario, 'WriteFailed', says)
      const [, event] = await scenario.untilEvents(['Synced', 'WriteFailed'])
      expect(`${message} ${event?.note}`).not.toContain('hunter2')
      expect(`${message} ${event?.note}`).not.toContain(btoa('hunter2'))
      await expectKept(scenario, before)
    })
    await scenario.put({ password: 'two' })
    await scenario.untilSynced({ password: 'two' })
    expect(await scenario.reasons()).toEqual(['Synced', 'WriteFailed', 'Synced'])
  },

  'write-fails': async (scenario) => {
    await scenario.put({ password: 'one' })
    const before = await begin(scenario, { password: 'one' })
    await whileDenied(scenario, async (webhook) => {
      await webhook.leave()
      const beganMs = performance.now()
      let values = 0
      const isReported = async (): Promise<boolean> => {
        // A new value is written at once, independent of the backoff.
        await scenario.put({ password: `new-${(values += 1)}` })
        return (await scenario.reasons()).length > 1
      }
      await until('the failure is reported', isReported, { deadlineMs: 200_000, pauseMs: 2_000 })
      expect(performance.now() - beganMs).toBeGreaterThan(120_000)
      await untilNotReady(scenario, 'WriteFailed', /the API server cannot call webhook "denying.example.com"/)
      // This value is read while writes fail; otherwise the previous value might be written and reported as well.
      await scenario.put({ password: 'two' })
      await scenario.untilRead('password', 3)
      await expectKept(scenario, before)
    })
    // A refresh is attempted at once, like a new value.
    await scenario.refresh()
    await scenario.untilSynced({ password: 'two' })
    await scenario.untilEvents(['Synced', 'WriteFailed', 'Synced'])
    expect(await scenario.reasons()).toEqual(['Synced', 'WriteFailed', 'Synced'])
  },

  suspended: async (scenario) => {
    await scenario.put({ password: 'one' })
    await begin(scenario, { password: 'one' })
    await scenario.patch({ spec: { suspend: true } })
    await untilNotReady(scenario, 'Suspended')
    await scenario.put({ password: 'two' })
    await scenario.editSecret(EDIT)
    await expectNoReads(scenario, 'password')
    expect(await statesOf(scenario)).toEqual([{ password: 'one' }, { password: 'edited' }])
    await expectEvents(scenario, ['Synced'])
    await scenario.patch({ spec: { suspend: false } })
    await scenario.untilSynced({ password: 'two' })
    expect(await scenario.reasons()).toEqual(['Synced', 'Suspended', 'Synced'])
  },

  'not-watched': async (scenario) => {
    const { request, kubeconfigPath, namespace: watched } = scenario.env.cluster
    const namespace = `${watched}-other`
    await request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    try {
      const elsewhere = new NamespaceObjects({ request, kubeconfigPath, namespace })
      const v1 = { apiVersion: 'v1', kind: 'Secret' }
      await elsewhere.applyObject({ ...v1, metadata: { name: 'kms-key' }, stringData: ACCESS_KEY })
      const ref = (key: string): object => ({ name: 'kms-key', key })
      const KMS = { KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') } }
      await elsewhere.apply('SecretStore', 'kms', { KMS })
      await scenario.put({ password: 'one' })
      await elsewhere.apply('ExternalSecret', scenario.id, { data: [copyOf(scenario, 'password')] })
      await expectNoReads(scenario, 'password')
      expect(await elsewhere.ready('externalsecrets', scenario.id)).toBeUndefined()
      expect(await elsewhere.ready('secretstores', 'kms')).toBeUndefined()
      expect(await elsewhere.secret(scenario.id)).toBeUndefined()
      const events = await request('GET', `/apis/events.k8s.io/v1/namespaces/${namespace}/events`)
      expect(events).toMatchObject({ status: 200, body: { items: [] } })
    } finally {
      await request('DELETE', `/api/v1/namespaces/${namespace}`)
    }
  },
}
