import { until } from '@ack-secret-manager/testenv'
import { expect } from 'vitest'
import type { OPERATOR_DOWNTIME } from '../tables/operator-downtime.ts'
import type { ScenarioSteps } from '../scenario-tests.ts'

const RETAIN = { target: { deletionPolicy: 'Retain' } }

export const operatorDowntimeSteps: ScenarioSteps<typeof OPERATOR_DOWNTIME> = {
  'away-merge': async (scenario) => {
    const before = await scenario.foreignSecret({ mine: 'x' })
    await scenario.put({ password: 'one' })
    await scenario.apply({ target: { creationPolicy: 'Merge' } })
    const merged = await scenario.untilSynced({ password: 'one', mine: 'x' })
    await scenario.fixture.withoutOperator(async () => {
      await scenario.delete()
      // No finalizer delays the deletion.
      await expect(scenario.resource()).rejects.toThrow(/ExternalSecret \S+ does not exist/)
      expect(await scenario.secret()).toEqual(merged)
    })
    const after = await scenario.env.untilSecret(scenario.id, { mine: 'x' })
    expect(after.metadata.uid).toBe(before.metadata.uid)
    expect(await scenario.writesSince(merged)).toBe(1)
  },
  'away-moved': async (scenario) => {
    const moved = `${scenario.id}-moved`
    await scenario.put({ password: 'one' })
    await scenario.apply()
    const before = await scenario.untilSynced({ password: 'one' })
    await scenario.fixture.withoutOperator(async () => {
      await scenario.apply({ target: { name: moved } })
      expect(await scenario.secret()).toEqual(before)
    })
    const after = await scenario.env.untilSecret(moved, { password: 'one' })
    expect(after.metadata.ownerReferences).toEqual([await scenario.reference()])
    await until(
      'the Secret of the former name is deleted',
      async () => (await scenario.env.secret(scenario.id)) === undefined,
    )
  },
  'away-retain': async (scenario) => {
    await scenario.put({ password: 'one' })
    await scenario.apply(RETAIN)
    const before = await scenario.untilSynced({ password: 'one' })
    await scenario.fixture.withoutOperator(async () => {
      await scenario.delete()
      await scenario.apply(RETAIN)
    })
    await scenario.untilReady('Synced')
    expect(await scenario.secret()).toEqual(before)
    await scenario.put({ password: 'two' })
    await scenario.untilSynced({ password: 'two' })
    expect(await scenario.writesSince(before)).toBe(1)
  },
}
