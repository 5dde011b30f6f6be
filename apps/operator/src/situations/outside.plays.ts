import { expect } from 'vitest'
import { ClusterObjects } from '../testing/cluster-objects.ts'
import { ACCESS_KEY } from '../testing/scene.ts'
import { begin, expectKept, statesOf, untilNotReady, untilStates } from './course.ts'
import { copyOf } from './entries.ts'
import type { OUTSIDE } from './outside.ts'
import type { Plays } from './play-table.ts'
import { expectEvents, expectRest } from './rhythm.ts'
import type { Situation } from './situation.ts'

const DB = { user: 'tom', password: 'one' }
const HOURLY = { rotationInterval: '1h' }
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
  await situation.apply({ ...HOURLY, target: { creationPolicy } })
  await untilNotReady(situation, 'TargetConflict', new RegExp(`belongs to ConfigMap ${id}`))
  await expectRest(situation, 'password')
  await expectKept(situation, before)
  await situation.untilEvents(['TargetConflict'])
  await situation.patch({ spec: { target: { name: `${id}-own` } } })
  await scene.untilSecret(`${id}-own`, { password: 'one' })
  await expectKept(situation, before)
}

export const outsidePlays: Plays<typeof OUTSIDE> = {
  edited: async (situation) => {
    await situation.put(DB)
    await begin(situation, DB, HOURLY)
    await situation.editSecret(EDIT)
    await situation.untilEvents(['Synced', 'DriftCorrected'])
    expect(await statesOf(situation)).toEqual([DB, { ...DB, password: 'edited' }, DB])
    expect(await situation.calls('password')).toEqual({ OK: 2 })
    expect(await situation.reasons()).toEqual(['Synced'])
  },

  deleted: async (situation) => {
    await situation.put(DB)
    const { metadata } = await begin(situation, DB, HOURLY)
    await situation.scene.place.request('DELETE', situation.scene.secretPath(situation.id))
    await situation.untilEvents(['Synced', 'DriftCorrected'])
    expect(await statesOf(situation)).toEqual([DB, {}, DB])
    expect((await situation.secret()).metadata.uid).not.toBe(metadata.uid)
    expect(await situation.calls('password')).toEqual({ OK: 2 })
    expect(await situation.reasons()).toEqual(['Synced'])
  },

  'edited-away': async (situation) => {
    await situation.put({ password: 'one' })
    await begin(situation, { password: 'one' }, HOURLY)
    await situation.fault('http503', 'password', { count: 2 })
    await situation.editSecret(EDIT)
    await situation.untilEvents(['Synced', 'SyncFailed', 'DriftCorrected'])
    expect(await statesOf(situation)).toEqual([{ password: 'one' }, { password: 'edited' }, { password: 'one' }])
    expect(await situation.calls('password')).toHaveProperty('ServiceUnavailableTemporary', 2)
    expect(await situation.reasons()).toEqual(['Synced', 'Unavailable', 'Synced'])
  },

  'deleted-away': async (situation) => {
    await situation.put(DB)
    await begin(situation, DB, HOURLY)
    await situation.fault('http503', 'password', { count: 2 })
    await situation.scene.place.request('DELETE', situation.scene.secretPath(situation.id))
    await untilStates(situation, [DB, {}, DB])
    await situation.untilReady('Synced')
    expect(await situation.reasons()).toEqual(['Synced', 'Degraded', 'Synced'])
    const [, failed] = await situation.events()
    expect(failed?.note).toContain(`${situation.kmsName('password')}: Unavailable: `)
  },

  controlled: (situation) => expectOthers(situation, 'Owner'),

  'controlled-adopt': (situation) => expectOthers(situation, 'Adopt'),

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
      expect(await elsewhere.everythingSaid()).not.toContain('SyncFailed')
    } finally {
      await request('DELETE', `/api/v1/namespaces/${namespace}`)
    }
  },
}
