import { expect } from 'vitest'
import { begin, expectKept } from './course.ts'
import type { LIFE } from './life.ts'
import type { Plays } from './play-table.ts'
import { Relay } from './relay.ts'
import { expectEvents } from './rhythm.ts'
import { SELDOM } from '../testing/seldom.ts'

const DB = { user: 'tom', password: 'one' }

export const lifePlays: Plays<typeof LIFE> = {
  'restart-equal': async (situation) => {
    await situation.put(DB)
    const before = await begin(situation, DB, SELDOM)
    const resource = await situation.resource()
    await situation.stage.withoutOperator(async () => expectKept(situation, before))
    await situation.untilLooked()
    expect(await situation.calls('user')).toEqual({ OK: 2 })
    expect(await situation.resource()).toEqual(resource)
    await expectEvents(situation, ['Synced'])
    await expectKept(situation, before)
  },

  'restart-changed': async (situation) => {
    await situation.put(DB)
    const before = await begin(situation, DB, SELDOM)
    await situation.stage.withoutOperator(async () => {
      await situation.put({ password: 'two' })
      await expectKept(situation, before)
    })
    await situation.untilSynced({ user: 'tom', password: 'two' })
    await situation.untilEvents(['Synced', 'Synced'])
    expect(await situation.writesSince(before)).toBe(1)
    expect(await situation.reasons()).toEqual(['Synced'])
  },

  'restart-new': async (situation) => {
    const others = Array.from({ length: 10 }, (_, index) => `${situation.id}-${index}`)
    await situation.put({ password: 'one' })
    for (const name of others) await situation.apply(SELDOM, name)
    for (const name of others) await situation.untilSynced({ password: 'one' }, name)
    await situation.stage.withoutOperator(async () => {
      await situation.put({ token: 'new' })
      await situation.apply(SELDOM)
    })
    await situation.untilSynced({ password: 'one', token: 'new' })
    for (const name of others) await situation.untilLooked(name)
    const [first] = situation.stage.operator.program.lines.filter((line) => line.includes('"resource":'))
    expect(first).toContain(`"resource":"${situation.scene.place.namespace}/${situation.id}"`)
  },

  'api-away': async (situation) => {
    const { scene, stage } = situation
    await stage.withoutOperator(async () => {
      await using relay = await Relay.open(scene.place.kubeconfigPath)
      const flags = ['--polling-interval=1s', '--leader-elect=false']
      await using operator = await scene.operatorAs(relay.kubeconfigPath, ...flags)
      await operator.leading()
      await situation.put({ password: 'one' })
      const before = await begin(situation, { password: 'one' })
      const resource = await situation.resource()
      relay.cut()
      await situation.put({ password: 'two' })
      await situation.untilAsked('password', 5)
      await expectKept(situation, before)
      expect(await situation.resource()).toEqual(resource)
      relay.mend()
      // After some failures in a row the next try may be two minutes away.
      await situation.scene.untilSecret(situation.id, { password: 'two' }, 180_000)
      await situation.untilSynced({ password: 'two' })
      await situation.untilEvents(['Synced', 'Synced'])
      expect(await situation.writesSince(before)).toBe(1)
      expect(await situation.reasons()).toEqual(['Synced'])
    })
  },
}
