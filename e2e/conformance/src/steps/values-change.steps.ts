import { expect } from 'vitest'
import { begin, statesOf } from '../helpers.ts'
import { extractOf } from '../spec-entries.ts'
import type { ScenarioSteps } from '../scenario-tests.ts'
import { expectEvents, expectInterval } from '../polling-expectations.ts'
import type { VALUES_CHANGE } from '../tables/values-change.ts'

export const valuesChangeSteps: ScenarioSteps<typeof VALUES_CHANGE> = {
  unchanged: async (scenario) => {
    await scenario.put({ user: 'tom', password: 'one' })
    const before = await begin(scenario, { user: 'tom', password: 'one' })
    // Reconciles caused by the first writes are over after three reads.
    await scenario.untilRead('user', 3)
    const resource = await scenario.resource()
    const looks = scenario.reconciles()
    await expectInterval(scenario, 'user')
    expect(await scenario.writesSince(before)).toBe(0)
    expect((await scenario.resource()).metadata.resourceVersion).toBe(resource.metadata.resourceVersion)
    expect(scenario.reconciles()).toBe(looks)
    await expectEvents(scenario, ['Synced'])
    expect(Object.keys(await scenario.calls('user'))).toEqual(['OK'])
  },

  'value-changed': async (scenario) => {
    await scenario.put({ password: 'one' }, 'v1')
    const before = await begin(scenario, { password: 'one' })
    await scenario.put({ password: 'two' }, 'v2')
    await scenario.untilSynced({ password: 'two' })
    await expectInterval(scenario, 'password')
    expect(await scenario.writesSince(before)).toBe(1)
    const [, changed] = await scenario.untilEvents(['Synced', 'Synced'])
    expect(changed?.note).toContain(`${scenario.kmsName('password')} version v2`)
    expect(await scenario.reasons()).toEqual(['Synced'])
  },

  'rolled-back': async (scenario) => {
    await scenario.put({ password: 'one' }, 'v1')
    const before = await begin(scenario, { password: 'one' })
    // Creation times of versions in KMS have a resolution of one second.
    await scenario.untilRead('password', 3)
    await scenario.put({ password: 'two' }, 'v2')
    await scenario.untilSynced({ password: 'two' })
    const startedMs = performance.now()
    await scenario.moveStage('password', 'v1')
    await scenario.untilSynced({ password: 'one' })
    expect(performance.now() - startedMs).toBeGreaterThan(4_900)
    await expectInterval(scenario, 'password')
    expect(await scenario.writesSince(before)).toBe(2)
    expect(await statesOf(scenario)).toEqual([{ password: 'one' }, { password: 'two' }, { password: 'one' }])
    expect(await scenario.reasons()).toEqual(['Synced'])
  },

  'member-gone': async (scenario) => {
    await scenario.put({ config: JSON.stringify({ user: 'tom', password: 'one' }) })
    const spec = { data: [], dataProcess: [extractOf(scenario, 'config')] }
    const before = await begin(scenario, { user: 'tom', password: 'one' }, spec)
    await scenario.put({ config: JSON.stringify({ user: 'tom' }) }, 'v2')
    await scenario.untilSynced({ user: 'tom' })
    await expectInterval(scenario, 'config')
    expect(await scenario.writesSince(before)).toBe(1)
    const [, changed] = await scenario.untilEvents(['Synced', 'Synced'])
    expect(changed?.note).toMatch(/\(keys removed: password\): .* version v2$/)
    expect(await scenario.reasons()).toEqual(['Synced'])
  },
}
