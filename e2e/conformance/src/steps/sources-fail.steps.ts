import { type KubeSecret, SLOW_INTERVAL, until } from '@ack-secret-manager/testenv'
import { expect } from 'vitest'
import { begin, expectKept, statesOf, untilNotReady } from '../helpers.ts'
import { OwnStore } from '../own-store.ts'
import { copyOf } from '../spec-entries.ts'
import type { ScenarioSteps } from '../scenario-tests.ts'
import { expectEvents, expectBackoff, expectInterval, expectNoReads } from '../polling-expectations.ts'
import type { Scenario } from '../scenario.ts'
import type { SOURCES_FAIL } from '../tables/sources-fail.ts'

/** Transient failures of KMS, by the result that the simulator records. */
const OUTAGES = {
  throttle: 'Rejected.Throttling',
  http503: 'ServiceUnavailableTemporary',
  garbage: 'garbage',
  reset: 'reset',
} as const
const KINDS = Object.keys(OUTAGES) as (keyof typeof OUTAGES)[]

/** Syncs an ExternalSecret `ID-KIND` for each kind of outage, which reads the secret `KIND`. */
async function beginEach(scenario: Scenario, spec: object = {}): Promise<ReadonlyMap<string, KubeSecret>> {
  const secrets = new Map<string, KubeSecret>()
  for (const kind of KINDS) {
    await scenario.put({ [kind]: 'one' })
    await scenario.apply({ data: [copyOf(scenario, kind)], ...spec }, `${scenario.id}-${kind}`)
  }
  for (const kind of KINDS) {
    const name = `${scenario.id}-${kind}`
    secrets.set(kind, await scenario.untilSynced({ [kind]: 'one' }, name))
    await scenario.untilEvents(['Synced'], name)
  }
  return secrets
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
    await scenario.put({ password: 'one' })
    await scenario.fault('reset', 'password')
    const store = await OwnStore.openFor(scenario)
    await scenario.apply({ ...SLOW_INTERVAL, ...store.spec('password') })
    await scenario.healAfter('Unavailable', 'password')
    await scenario.untilSynced({ password: 'one' })
    expect(await scenario.reasons()).toEqual(['Unavailable', 'Synced'])
    expect(await statesOf(scenario)).toEqual([{ password: 'one' }])
    const [failed] = await scenario.untilEvents(['Unavailable', 'Synced'])
    expect(failed?.note).toContain('not created')
  },

  'outage-young': async (scenario) => {
    const before = await beginEach(scenario, SLOW_INTERVAL)
    for (const kind of KINDS) {
      await scenario.fault(kind, kind)
      await scenario.refresh(`${scenario.id}-${kind}`)
    }
    await Promise.all(KINDS.map((kind) => expectBackoff(scenario, kind)))
    for (const kind of KINDS) {
      const name = `${scenario.id}-${kind}`
      expect(await scenario.calls(kind)).toMatchObject({ OK: 1, [OUTAGES[kind]]: expect.any(Number) as number })
      await expectKept(scenario, before.get(kind) as KubeSecret, name)
      expect(await scenario.reasons(name)).toEqual(['Synced'])
    }
    await Promise.all(KINDS.map((kind) => expectEvents(scenario, ['Synced'], `${scenario.id}-${kind}`)))
  },

  'outage-old': async (scenario) => {
    const before = await beginEach(scenario)
    for (const kind of KINDS) await scenario.fault(kind, kind)
    await Promise.all(KINDS.map((kind) => expectBackoff(scenario, kind)))
    for (const kind of KINDS) {
      const name = `${scenario.id}-${kind}`
      const { status, message } = await scenario.untilReady('Stale', name)
      expect(status).toBe('False')
      expect(message).toContain(`Stale: KMS secret "${scenario.kmsName(kind)}" `)
    }
    for (const kind of KINDS) {
      const name = `${scenario.id}-${kind}`
      await expectKept(scenario, before.get(kind) as KubeSecret, name)
      expect(await scenario.reasons(name)).toEqual(['Synced', 'Stale'])
      await scenario.untilEvents(['Synced', 'Stale'], name)
    }
  },

  timeout: async (scenario) => {
    await scenario.put({ password: 'one' })
    const before = await begin(scenario, { password: 'one' })
    const startedMs = performance.now()
    await scenario.fault('hang', 'password')
    await until('KMS gets another call', async () => ((await scenario.calls('password'))['hang'] ?? 0) > 1)
    expect(performance.now() - startedMs).toBeGreaterThan(9_900)
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
