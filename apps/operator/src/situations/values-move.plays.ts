import { expect } from 'vitest'
import { begin, statesOf } from './course.ts'
import { extractOf } from './entries.ts'
import type { Plays } from './play-table.ts'
import { expectEvents, expectInterval } from './rhythm.ts'
import type { VALUES_MOVE } from './values-move.ts'

export const valuesMovePlays: Plays<typeof VALUES_MOVE> = {
  unchanged: async (situation) => {
    await situation.put({ user: 'tom', password: 'one' })
    const before = await begin(situation, { user: 'tom', password: 'one' })
    // What it looked at for its own first writes is over by then.
    await situation.untilAsked('user', 3)
    const resource = await situation.resource()
    const looks = situation.looks()
    await expectInterval(situation, 'user')
    expect(await situation.writesSince(before)).toBe(0)
    expect((await situation.resource()).metadata.resourceVersion).toBe(resource.metadata.resourceVersion)
    expect(situation.looks()).toBe(looks)
    await expectEvents(situation, ['Synced'])
    expect(Object.keys(await situation.calls('user'))).toEqual(['OK'])
  },

  'value-changed': async (situation) => {
    await situation.put({ password: 'one' }, 'v1')
    const before = await begin(situation, { password: 'one' })
    await situation.put({ password: 'two' }, 'v2')
    await situation.untilSynced({ password: 'two' })
    await expectInterval(situation, 'password')
    expect(await situation.writesSince(before)).toBe(1)
    const [, changed] = await situation.untilEvents(['Synced', 'Synced'])
    expect(changed?.note).toContain(`${situation.kmsName('password')} version v2`)
    expect(await situation.reasons()).toEqual(['Synced'])
  },

  'rolled-back': async (situation) => {
    await situation.put({ password: 'one' }, 'v1')
    const before = await begin(situation, { password: 'one' })
    // KMS tells in seconds when a version was created.
    await situation.untilAsked('password', 3)
    await situation.put({ password: 'two' }, 'v2')
    await situation.untilSynced({ password: 'two' })
    const startedMs = performance.now()
    await situation.moveStage('password', 'v1')
    await situation.untilSynced({ password: 'one' })
    expect(performance.now() - startedMs).toBeGreaterThan(4_900)
    await expectInterval(situation, 'password')
    expect(await situation.writesSince(before)).toBe(2)
    expect(await statesOf(situation)).toEqual([{ password: 'one' }, { password: 'two' }, { password: 'one' }])
    expect(await situation.reasons()).toEqual(['Synced'])
  },

  'member-gone': async (situation) => {
    await situation.put({ config: JSON.stringify({ user: 'tom', password: 'one' }) })
    const spec = { data: [], dataProcess: [extractOf(situation, 'config')] }
    const before = await begin(situation, { user: 'tom', password: 'one' }, spec)
    await situation.put({ config: JSON.stringify({ user: 'tom' }) }, 'v2')
    await situation.untilSynced({ user: 'tom' })
    await expectInterval(situation, 'config')
    expect(await situation.writesSince(before)).toBe(1)
    const [, changed] = await situation.untilEvents(['Synced', 'Synced'])
    expect(changed?.note).toMatch(/\(keys removed: password\): .* version v2$/)
    expect(await situation.reasons()).toEqual(['Synced'])
  },
}
