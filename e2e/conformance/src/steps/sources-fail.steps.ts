import { type KubeSecret, SLOW_INTERVAL, until } from '@ack-secret-manager/testenv'
import { expect } from 'vitest'
import { begin, expectKept, failFirstRead, untilNotReady } from '../helpers.ts'
import { OwnStore } from '../own-store.ts'
import type { ScenarioSteps } from '../scenario-tests.ts'
import { expectEvents, expectBackoff, expectInterval, expectNoReads } from '../polling-expectations.ts'
import { Scenario } from '../scenario.ts'
import type { SOURCES_FAIL } from '../tables/sources-fail.ts'

/** Transient failures of KMS, by the result that the simulator records. */
const OUTAGES = {
  throttle: 'Rejected.Throttling',
  http503: 'ServiceUnavailableTemporary',
  garbage: 'garbage',
  reset: 'reset',
} as const
const KINDS = Object.keys(OUTAGES) as (keyof typeof OUTAGES)[]

/** Secrets that KMS returns all the time, so that their connection counts as reachable. */
const OTHERS = { one: 'one', other: 'two' }

/** One kind of outage of the secret `password`, as a scenario of its own, with its Secret before the outage. */
interface OutageOfKind {
  readonly kind: keyof typeof OUTAGES
  readonly part: Scenario
  readonly before: KubeSecret
}

/**
 * Syncs an ExternalSecret `ID-KIND` for each kind of outage. Each has its own store, because failures of several secrets of one connection
 * open its circuit breaker: other rows would report an outage, and each kind the failure of another one.
 */
function beginEach({ fixture, id }: Scenario, spec: object = {}): Promise<readonly OutageOfKind[]> {
  const beginOne = async (kind: keyof typeof OUTAGES): Promise<OutageOfKind> => {
    const part = new Scenario(fixture, `${id}-${kind}`)
    await part.put({ password: 'one', ...OTHERS })
    const store = await OwnStore.openFor(part)
    await part.apply({ data: Object.keys(OTHERS).map((name) => store.entry(name)) }, `${part.id}-others`)
    await part.untilSynced(OTHERS, `${part.id}-others`)
    const before = await begin(part, { password: 'one' }, { ...spec, ...store.spec('password') })
    return { kind, part, before }
  }
  return Promise.all(KINDS.map(beginOne))
}

export const sourcesFailSteps: ScenarioSteps<typeof SOURCES_FAIL> = {
  'not-found': async (scenario) => {
    await scenario.put({ password: 'one' })
    const before = await begin(scenario, { password: 'one' })
    await scenario.drop('password')
    const { message } = await untilNotReady(scenario, 'SecretNotFound')
    expect(message).toContain(scenario.kmsName('password'))
    await expectInterval(scenario, 'password')
    await expectKept(scenario, before)
    await scenario.untilEvents(['Synced', 'SecretNotFound'])
    expect(await scenario.reasons()).toEqual(['Synced', 'SecretNotFound'])
  },

  denied: async (scenario) => {
    await scenario.put({ password: 'one' })
    const before = await begin(scenario, { password: 'one' })
    await scenario.fault('deny', 'password')
    const { message } = await untilNotReady(scenario, 'AccessDenied')
    for (const fact of ['kms:GetSecretValue', scenario.kmsName('password'), 'LTAI5tTest']) {
      expect(message).toContain(fact)
    }
    await expectInterval(scenario, 'password')
    await expectKept(scenario, before)
    await scenario.untilEvents(['Synced', 'AccessDenied'])
  },

  'never-reached': async (scenario) => {
    const failed = await failFirstRead(scenario, 'reset')
    expect(failed?.note).toContain('nothing is written')
  },

  'outage-young': async (scenario) => {
    const outages = await beginEach(scenario, SLOW_INTERVAL)
    for (const { kind, part } of outages) {
      await part.fault(kind, 'password')
      await part.refresh()
    }
    await Promise.all(outages.map(({ part }) => expectBackoff(part, 'password')))
    for (const { kind, part, before } of outages) {
      expect(await part.calls('password')).toMatchObject({ OK: 1, [OUTAGES[kind]]: expect.any(Number) as number })
      await expectKept(part, before)
      expect(await part.reasons()).toEqual(['Synced'])
    }
    await Promise.all(outages.map(({ part }) => expectEvents(part, ['Synced'])))
  },

  'outage-old': async (scenario) => {
    const outages = await beginEach(scenario)
    for (const { kind, part } of outages) await part.fault(kind, 'password')
    await Promise.all(outages.map(({ part }) => expectBackoff(part, 'password')))
    for (const { part } of outages) {
      const { status, message } = await part.untilReady('Stale')
      expect(status).toBe('False')
      expect(message).toContain(`Stale: KMS secret "${part.kmsName('password')}" `)
    }
    for (const { part, before } of outages) {
      await expectKept(part, before)
      expect(await part.reasons()).toEqual(['Synced', 'Stale'])
      await part.untilEvents(['Synced', 'Stale'])
    }
  },

  timeout: async (scenario) => {
    await scenario.put({ password: 'one' })
    // Without polling, because a read in flight would begin before the time that is taken here.
    const before = await begin(scenario, { password: 'one' }, SLOW_INTERVAL)
    await scenario.fault('hang', 'password')
    const startedMs = performance.now()
    await scenario.refresh()
    await until('KMS gets another call', async () => ((await scenario.calls('password'))['hang'] ?? 0) > 1)
    expect(performance.now() - startedMs).toBeGreaterThan(9_900)
    await scenario.patch({ spec: { rotationInterval: '1s' } })
    const { message } = await untilNotReady(scenario, 'Stale')
    expect(message).toContain(`Stale: KMS secret "${scenario.kmsName('password')}" `)
    await expectKept(scenario, before)
    expect(await scenario.reasons()).toEqual(['Synced', 'Stale'])
  },

  'retry-after': async (scenario) => {
    await scenario.put({ password: 'one' })
    const before = await begin(scenario, { password: 'one' })
    await scenario.fault('throttle', 'password', { ms: 3_600_000 })
    await until('KMS has throttled a call', async () => OUTAGES.throttle in (await scenario.calls('password')))
    await expectNoReads(scenario, 'password')
    await untilNotReady(scenario, 'Stale')
    await expectKept(scenario, before)
    expect((await scenario.calls('password'))[OUTAGES.throttle]).toBe(1)
    expect(await scenario.reasons()).toEqual(['Synced', 'Stale'])
  },

  'outage-over': async (scenario) => {
    await scenario.put({ password: 'one' })
    const before = await begin(scenario, { password: 'one' })
    // The value is stale before the next read, which is ten seconds later.
    await scenario.fault('throttle', 'password', { ms: 10_000 })
    await scenario.healAfter('Stale', 'password')
    await scenario.untilEvents(['Synced', 'Stale', 'Synced'])
    await expectInterval(scenario, 'password')
    await expectKept(scenario, before)
    expect(await scenario.reasons()).toEqual(['Synced', 'Stale', 'Synced'])
    const [, , over] = await scenario.events()
    expect(over?.note).toContain('again, after Stale')
  },
}
