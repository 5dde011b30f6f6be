import { until } from '@ack-secret-manager/testbed'
import { expect } from 'vitest'
import { UPSTREAM_FINALIZER } from '../testing/upstream-objects.ts'
import type { DELETION } from './deletion.ts'
import type { Plays } from './play-table.ts'
import type { Situation } from './situation.ts'

const RETAIN = { target: { deletionPolicy: 'Retain' } }
const OWNER = 'alibabacloud.com/owner'
/** What a Secret of ours has, and one that is nobody's has not. */
const MARK = 'alibabacloud.com/managed-by'

/** Until the operator has done what a deletion asks of it: it works on one resource at a time, and this one comes later. */
async function untilNoticed(situation: Situation): Promise<void> {
  await situation.apply({}, `${situation.id}-later`)
  await situation.untilReady('Synced', `${situation.id}-later`)
}

export const deletionPlays: Plays<typeof DELETION> = {
  'gone-owner': async (situation) => {
    await situation.put({ password: 'one' })
    await situation.apply()
    const before = await situation.untilSynced({ password: 'one' })
    expect(before.metadata.ownerReferences).toEqual([await situation.reference()])
    const { metadata } = await situation.resource()
    expect(metadata.finalizers).toBeUndefined()
    await situation.delete()
    await until(
      'the garbage collector has come',
      async () => (await situation.scene.secret(situation.id)) === undefined,
      // It looks for new kinds of owners every half minute.
      { deadlineMs: 120_000 },
    )
    const [, ...later] = await situation.stage.secrets.of(situation.id)
    expect(later).toEqual([undefined])
  },
  'gone-retain': async (situation) => {
    await situation.put({ password: 'one' })
    await situation.apply(RETAIN)
    const before = await situation.untilSynced({ password: 'one' })
    expect(before.metadata.ownerReferences).toBeUndefined()
    const { namespace } = situation.scene.place
    expect(before.metadata).toMatchObject({
      labels: { [MARK]: 'ack-secret-manager' },
      annotations: { [OWNER]: `${namespace}/${situation.id}` },
    })
    await situation.delete()
    await untilNoticed(situation)
    expect(await situation.secret()).toEqual(before)
  },
  'again-retain': async (situation) => {
    await situation.put({ password: 'one' })
    await situation.apply(RETAIN)
    const before = await situation.untilSynced({ password: 'one' })
    const { uid } = (await situation.resource()).metadata
    await situation.delete()
    await untilNoticed(situation)
    await situation.apply(RETAIN)
    await situation.untilReady('Synced')
    expect((await situation.resource()).metadata.uid).not.toBe(uid)
    expect(await situation.secret()).toEqual(before)
    await situation.put({ password: 'two' })
    const after = await situation.untilSynced({ password: 'two' })
    expect(after.metadata.uid).toBe(before.metadata.uid)
    expect(await situation.writesSince(before)).toBe(1)
  },
  'gone-merge': async (situation) => {
    const before = await situation.foreignSecret({ mine: 'x' })
    await situation.put({ password: 'one' })
    await situation.apply({ target: { creationPolicy: 'Merge' } })
    await situation.untilSynced({ password: 'one', mine: 'x' })
    await situation.delete()
    const after = await situation.scene.untilSecret(situation.id, { mine: 'x' })
    expect(after.metadata).toMatchObject({ uid: before.metadata.uid })
    expect(JSON.stringify([after.metadata.labels, after.metadata.annotations])).not.toContain('alibabacloud.com/')
    expect(await situation.writesSince(before)).toBe(2)
  },
  'gone-merge-created': async (situation) => {
    await situation.put({ password: 'one' })
    await situation.apply({ target: { creationPolicy: 'Merge' } })
    const before = await situation.untilSynced({ password: 'one' })
    await situation.delete()
    const after = await situation.scene.untilSecret(situation.id, {})
    expect(after.metadata.uid).toBe(before.metadata.uid)
    expect(await situation.writesSince(before)).toBe(1)
  },
  'gone-merge-retain': async (situation) => {
    await situation.foreignSecret({ mine: 'x' })
    await situation.put({ password: 'one' })
    await situation.apply({ target: { creationPolicy: 'Merge', deletionPolicy: 'Retain' } })
    const before = await situation.untilSynced({ password: 'one', mine: 'x' })
    await situation.delete()
    await untilNoticed(situation)
    expect(await situation.secret()).toEqual(before)
  },
  'moved-owner': async (situation) => {
    const moved = `${situation.id}-moved`
    await situation.put({ password: 'one' })
    await situation.apply()
    await situation.untilSynced({ password: 'one' })
    await situation.apply({ target: { name: moved } })
    const after = await situation.scene.untilSecret(moved, { password: 'one' })
    expect(after.metadata.ownerReferences).toEqual([await situation.reference()])
    await until('the former one is gone', async () => (await situation.scene.secret(situation.id)) === undefined)
    await situation.untilAsked('password')
    expect(await situation.writesSince(after, moved)).toBe(0)
  },
  'moved-retain': async (situation) => {
    const moved = `${situation.id}-moved`
    await situation.put({ password: 'one' })
    await situation.apply(RETAIN)
    const before = await situation.untilSynced({ password: 'one' })
    await situation.apply({ target: { ...RETAIN.target, name: moved } })
    await situation.scene.untilSecret(moved, { password: 'one' })
    const after = await until('the former one is given up', async () => {
      const secret = await situation.secret()
      return secret.metadata.labels?.[MARK] === undefined && secret
    })
    expect(after).toMatchObject({ data: before.data, metadata: { uid: before.metadata.uid } })
    expect(await situation.writesSince(before)).toBe(1)
  },
  'moved-refused': async (situation) => {
    const theirs = `${situation.id}-theirs`
    await situation.foreignSecret({ mine: 'x' })
    await situation.put({ password: 'one' })
    await situation.apply()
    await situation.patch({ metadata: { annotations: { 'alibabacloud.com/adopt': 'true' } } })
    const own = await situation.untilSynced({ password: 'one', mine: 'x' })
    const before = await situation.foreignSecret({ theirs: 'y' }, {}, theirs)
    await situation.apply({ target: { name: theirs } })
    const { message } = await situation.untilReady('TargetConflict')
    expect(message).toContain(theirs)
    await situation.untilAsked('password')
    expect([await situation.secret(theirs), await situation.secret()]).toEqual([before, own])
  },
  'gone-finalizer': async (situation) => {
    const other = 'example.com/theirs'
    await situation.put({ password: 'one' })
    await situation.apply()
    await situation.untilSynced({ password: 'one' })
    await situation.patch({ metadata: { finalizers: [UPSTREAM_FINALIZER, other] } })
    await situation.delete()
    await until('only the other finalizer is left', async () => {
      return String((await situation.resource()).metadata.finalizers) === other
    })
    await situation.patch({ metadata: { finalizers: null } })
    await expect(situation.resource()).rejects.toThrow('there is no ExternalSecret')
  },
}
