import { until } from '@ack-secret-manager/testbed'
import { expect } from 'vitest'
import { ClusterObjects } from '../testing/cluster-objects.ts'
import { DenyingWebhook } from '../testing/denying-webhook.ts'
import { ACCESS_KEY } from '../testing/scene.ts'
import { begin, expectKept, statesOf, untilNotReady, untilStates } from './course.ts'
import { copyOf } from './entries.ts'
import type { OUTSIDE } from './outside.ts'
import type { Plays } from './play-table.ts'
import { expectEvents, expectRest } from './rhythm.ts'
import { SELDOM } from '../testing/seldom.ts'
import type { Situation } from './situation.ts'

const DB = { user: 'tom', password: 'one' }
const EDIT = { data: { password: btoa('edited') } }

/** Asks for a Secret that a ConfigMap controls, with that policy. */
async function expectOthers(situation: Situation, creationPolicy: string): Promise<void> {
  const { scene, id } = situation
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: id } }
  await scene.applyObject({ ...owner, data: {} })
  const { body } = await scene.place.request<{ metadata: { uid: string } }>(
    'GET',
    `/api/v1/namespaces/${scene.place.namespace}/configmaps/${id}`,
  )
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: id, uid: body.metadata.uid, controller: true }]
  const before = await situation.foreignSecret({ mine: 'x' }, { ownerReferences })
  await situation.put({ password: 'one' })
  await situation.apply({ ...SELDOM, target: { creationPolicy } })
  await untilNotReady(situation, 'TargetConflict', new RegExp(`belongs to ConfigMap ${id}`))
  await expectRest(situation, 'password')
  await expectKept(situation, before)
  await situation.untilEvents(['TargetConflict'])
  await situation.patch({ spec: { target: { name: `${id}-own` } } })
  await scene.untilSecret(`${id}-own`, { password: 'one' })
  await expectKept(situation, before)
}

/** Lets something happen while an admission webhook stands before the Secret. */
async function whileDenied(situation: Situation, happen: (webhook: DenyingWebhook) => Promise<void>): Promise<void> {
  await using webhook = await DenyingWebhook.beforeSecret(situation.scene.place, situation.id)
  await happen(webhook)
}

export const outsidePlays: Plays<typeof OUTSIDE> = {
  edited: async (situation) => {
    await situation.put(DB)
    await begin(situation, DB, SELDOM)
    await situation.editSecret(EDIT)
    await situation.untilEvents(['Synced', 'DriftCorrected'])
    expect(await statesOf(situation)).toEqual([DB, { ...DB, password: 'edited' }, DB])
    expect(await situation.calls('password')).toEqual({ OK: 2 })
    expect(await situation.reasons()).toEqual(['Synced'])
  },

  deleted: async (situation) => {
    await situation.put(DB)
    const { metadata } = await begin(situation, DB, SELDOM)
    await situation.scene.place.request('DELETE', situation.scene.secretPath(situation.id))
    await situation.untilEvents(['Synced', 'DriftCorrected'])
    expect(await statesOf(situation)).toEqual([DB, {}, DB])
    expect((await situation.secret()).metadata.uid).not.toBe(metadata.uid)
    expect(await situation.calls('password')).toEqual({ OK: 2 })
    expect(await situation.reasons()).toEqual(['Synced'])
  },

  'edited-away': async (situation) => {
    await situation.put({ password: 'one' })
    await begin(situation, { password: 'one' }, SELDOM)
    await situation.fault('http503', 'password', { count: 2 })
    await situation.editSecret(EDIT)
    await situation.untilEvents(['Synced', 'Unavailable', 'DriftCorrected'])
    expect(await statesOf(situation)).toEqual([{ password: 'one' }, { password: 'edited' }, { password: 'one' }])
    expect(await situation.calls('password')).toHaveProperty('ServiceUnavailableTemporary', 2)
    expect(await situation.reasons()).toEqual(['Synced', 'Unavailable', 'Synced'])
  },

  'deleted-away': async (situation) => {
    await situation.put(DB)
    await begin(situation, DB, SELDOM)
    await situation.fault('http503', 'password', { count: 2 })
    await situation.scene.place.request('DELETE', situation.scene.secretPath(situation.id))
    await untilStates(situation, [DB, {}, DB])
    await situation.untilReady('Synced')
    expect(await situation.reasons()).toEqual(['Synced', 'Degraded', 'Synced'])
    const [, failed] = await situation.untilEvents(['Synced', 'Degraded'])
    expect(failed?.note).toContain(`Unavailable: KMS secret "${situation.kmsName('password')}" `)
  },

  controlled: (situation) => expectOthers(situation, 'Owner'),

  'controlled-adopt': (situation) => expectOthers(situation, 'Adopt'),

  'write-denied': async (situation) => {
    await situation.put({ password: 'one' })
    const before = await begin(situation, { password: 'one' })
    await whileDenied(situation, async () => {
      await situation.put({ password: 'hunter2' })
      const says = /patch Secret \S+: admission webhook "denying.example.com" denies it/
      const { message } = await untilNotReady(situation, 'WriteFailed', says)
      const [, event] = await situation.untilEvents(['Synced', 'WriteFailed'])
      expect(`${message} ${event?.note}`).not.toContain('hunter2')
      expect(`${message} ${event?.note}`).not.toContain(btoa('hunter2'))
      await expectKept(situation, before)
    })
    await situation.put({ password: 'two' })
    await situation.untilSynced({ password: 'two' })
    expect(await situation.reasons()).toEqual(['Synced', 'WriteFailed', 'Synced'])
  },

  'write-fails': async (situation) => {
    await situation.put({ password: 'one' })
    const before = await begin(situation, { password: 'one' })
    await whileDenied(situation, async (webhook) => {
      await webhook.leave()
      const beganMs = performance.now()
      let values = 0
      const isTold = async (): Promise<boolean> => {
        // A new value is tried at once, whatever the pause.
        await situation.put({ password: `new-${(values += 1)}` })
        return (await situation.reasons()).length > 1
      }
      await until('it is told', isTold, { deadlineMs: 200_000, pauseMs: 2_000 })
      expect(performance.now() - beganMs).toBeGreaterThan(120_000)
      await untilNotReady(situation, 'WriteFailed', /the API server cannot call webhook "denying.example.com"/)
      // Read while nothing can be written: the value before it could be written, and told, as well.
      await situation.put({ password: 'two' })
      await situation.untilAsked('password', 3)
      await expectKept(situation, before)
    })
    // As a new value, this is tried at once.
    await situation.refresh()
    await situation.untilSynced({ password: 'two' })
    await situation.untilEvents(['Synced', 'WriteFailed', 'Synced'])
    expect(await situation.reasons()).toEqual(['Synced', 'WriteFailed', 'Synced'])
  },

  suspended: async (situation) => {
    await situation.put({ password: 'one' })
    await begin(situation, { password: 'one' })
    await situation.patch({ spec: { suspend: true } })
    await untilNotReady(situation, 'Suspended')
    await situation.put({ password: 'two' })
    await situation.editSecret(EDIT)
    await expectRest(situation, 'password')
    expect(await statesOf(situation)).toEqual([{ password: 'one' }, { password: 'edited' }])
    await expectEvents(situation, ['Synced'])
    await situation.patch({ spec: { suspend: false } })
    await situation.untilSynced({ password: 'two' })
    expect(await situation.reasons()).toEqual(['Synced', 'Suspended', 'Synced'])
  },

  'not-watched': async (situation) => {
    const { request, kubeconfigPath, namespace: watched } = situation.scene.place
    const namespace = `${watched}-other`
    await request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    try {
      const elsewhere = new ClusterObjects({ request, kubeconfigPath, namespace })
      const v1 = { apiVersion: 'v1', kind: 'Secret' }
      await elsewhere.applyObject({ ...v1, metadata: { name: 'kms-key' }, stringData: ACCESS_KEY })
      const ref = (key: string): object => ({ name: 'kms-key', key })
      const KMS = { KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') } }
      await elsewhere.apply('SecretStore', 'kms', { KMS })
      await situation.put({ password: 'one' })
      await elsewhere.apply('ExternalSecret', situation.id, { data: [copyOf(situation, 'password')] })
      await expectRest(situation, 'password')
      expect(await elsewhere.ready('externalsecrets', situation.id)).toBeUndefined()
      expect(await elsewhere.ready('secretstores', 'kms')).toBeUndefined()
      expect(await elsewhere.secret(situation.id)).toBeUndefined()
      const events = await request('GET', `/apis/events.k8s.io/v1/namespaces/${namespace}/events`)
      expect(events).toMatchObject({ status: 200, body: { items: [] } })
    } finally {
      await request('DELETE', `/api/v1/namespaces/${namespace}`)
    }
  },
}
