import { until } from '@ack-secret-manager/testbed'
import { expect } from 'vitest'
import type { AWAY } from './away.ts'
import type { Plays } from './play-table.ts'

const RETAIN = { target: { deletionPolicy: 'Retain' } }

export const awayPlays: Plays<typeof AWAY> = {
  'away-merge': async (situation) => {
    const before = await situation.foreignSecret({ mine: 'x' })
    await situation.put({ password: 'one' })
    await situation.apply({ target: { creationPolicy: 'Merge' } })
    const merged = await situation.untilSynced({ password: 'one', mine: 'x' })
    await situation.stage.withoutOperator(async () => {
      await situation.delete()
      // No finalizer keeps it.
      await expect(situation.resource()).rejects.toThrow('there is no ExternalSecret')
      expect(await situation.secret()).toEqual(merged)
    })
    const after = await situation.scene.untilSecret(situation.id, { mine: 'x' })
    expect(after.metadata.uid).toBe(before.metadata.uid)
    expect(await situation.writesSince(merged)).toBe(1)
  },
  'away-moved': async (situation) => {
    const moved = `${situation.id}-moved`
    await situation.put({ password: 'one' })
    await situation.apply()
    const before = await situation.untilSynced({ password: 'one' })
    await situation.stage.withoutOperator(async () => {
      await situation.apply({ target: { name: moved } })
      expect(await situation.secret()).toEqual(before)
    })
    const after = await situation.scene.untilSecret(moved, { password: 'one' })
    expect(after.metadata.ownerReferences).toEqual([await situation.reference()])
    await until('the former one is gone', async () => (await situation.scene.secret(situation.id)) === undefined)
  },
  'away-retain': async (situation) => {
    await situation.put({ password: 'one' })
    await situation.apply(RETAIN)
    const before = await situation.untilSynced({ password: 'one' })
    await situation.stage.withoutOperator(async () => {
      await situation.delete()
      await situation.apply(RETAIN)
    })
    await situation.untilReady('Synced')
    expect(await situation.secret()).toEqual(before)
    await situation.put({ password: 'two' })
    await situation.untilSynced({ password: 'two' })
    expect(await situation.writesSince(before)).toBe(1)
  },
}
