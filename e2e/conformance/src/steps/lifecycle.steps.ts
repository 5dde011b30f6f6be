import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { begin, expectKept } from '../helpers.ts'
import type { LIFECYCLE } from '../tables/lifecycle.ts'
import type { ScenarioSteps } from '../scenario-tests.ts'
import { TcpRelay } from '@ack-secret-manager/test-support/fault-proxy'
import { expectEvents } from '../polling-expectations.ts'
import { SLOW_INTERVAL } from '@ack-secret-manager/testenv'

const DB = { user: 'tom', password: 'one' }

export const lifecycleSteps: ScenarioSteps<typeof LIFECYCLE> = {
  'restart-equal': async (scenario) => {
    await scenario.put(DB)
    const before = await begin(scenario, DB, SLOW_INTERVAL)
    const resource = await scenario.resource()
    await scenario.fixture.withoutOperator(async () => expectKept(scenario, before))
    await scenario.untilReconciled()
    expect(await scenario.calls('user')).toEqual({ OK: 2 })
    expect(await scenario.resource()).toEqual(resource)
    await expectEvents(scenario, ['Synced'])
    await expectKept(scenario, before)
  },

  'restart-changed': async (scenario) => {
    await scenario.put(DB)
    const before = await begin(scenario, DB, SLOW_INTERVAL)
    await scenario.fixture.withoutOperator(async () => {
      await scenario.put({ password: 'two' })
      await expectKept(scenario, before)
    })
    await scenario.untilSynced({ user: 'tom', password: 'two' })
    await scenario.untilEvents(['Synced', 'Synced'])
    expect(await scenario.writesSince(before)).toBe(1)
    expect(await scenario.reasons()).toEqual(['Synced'])
  },

  'restart-new': async (scenario) => {
    const others = Array.from({ length: 10 }, (_, index) => `${scenario.id}-${index}`)
    await scenario.put({ password: 'one' })
    for (const name of others) await scenario.apply(SLOW_INTERVAL, name)
    for (const name of others) await scenario.untilSynced({ password: 'one' }, name)
    await scenario.fixture.withoutOperator(async () => {
      await scenario.put({ token: 'new' })
      await scenario.apply(SLOW_INTERVAL)
    })
    await scenario.untilSynced({ password: 'one', token: 'new' })
    for (const name of others) await scenario.untilReconciled(name)
    const [first] = scenario.fixture.operator.program.lines.filter((line) => line.includes('"resource":'))
    expect(first).toContain(`"resource":"${scenario.env.cluster.namespace}/${scenario.id}"`)
  },

  'api-away': async (scenario) => {
    const { env, fixture } = scenario
    await fixture.withoutOperator(async () => {
      await using relay = await TcpRelay.open(await readFile(env.cluster.kubeconfigPath, 'utf8'))
      const args = ['--polling-interval=1s', '--leader-elect=false']
      await using operator = await env.replica({ kubeconfigPath: relay.kubeconfigPath, args })
      await operator.leading()
      await scenario.put({ password: 'one' })
      const before = await begin(scenario, { password: 'one' })
      const resource = await scenario.resource()
      relay.cut()
      await scenario.put({ password: 'two' })
      await scenario.untilRead('password', 5)
      await expectKept(scenario, before)
      expect(await scenario.resource()).toEqual(resource)
      relay.restore()
      // After several failures the next attempt may be two minutes away.
      await scenario.env.untilSecret(scenario.id, { password: 'two' }, 180_000)
      await scenario.untilSynced({ password: 'two' })
      await scenario.untilEvents(['Synced', 'Synced'])
      expect(await scenario.writesSince(before)).toBe(1)
      expect(await scenario.reasons()).toEqual(['Synced'])
    })
  },
}
