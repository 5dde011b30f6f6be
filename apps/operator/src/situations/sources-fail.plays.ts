import { until } from '@ack-secret-manager/testbed'
import { expect } from 'vitest'
import type { KubeSecret } from '../testing/cluster-objects.ts'
import { begin, expectKept, statesOf, untilNotReady } from './course.ts'
import { copyOf } from './entries.ts'
import type { Plays } from './play-table.ts'
import { expectEvents, expectGrowingPauses, expectInterval, expectRest } from './rhythm.ts'
import { SELDOM } from '../testing/seldom.ts'
import type { Situation } from './situation.ts'
import type { SOURCES_FAIL } from './sources-fail.ts'

/** How KMS can fail without a decision, by what the simulator calls the outcome. */
const OUTAGES = {
  throttle: 'Rejected.Throttling',
  http503: 'ServiceUnavailableTemporary',
  garbage: 'garbage',
  reset: 'reset',
} as const
const KINDS = Object.keys(OUTAGES) as (keyof typeof OUTAGES)[]

/** An ExternalSecret for each kind of outage, called `ID-KIND`, which reads the secret `KIND`. */
async function beginEach(situation: Situation, spec: object = {}): Promise<ReadonlyMap<string, KubeSecret>> {
  const secrets = new Map<string, KubeSecret>()
  for (const kind of KINDS) {
    await situation.put({ [kind]: 'one' })
    await situation.apply({ data: [copyOf(situation, kind)], ...spec }, `${situation.id}-${kind}`)
  }
  for (const kind of KINDS) {
    const name = `${situation.id}-${kind}`
    secrets.set(kind, await situation.untilSynced({ [kind]: 'one' }, name))
    await situation.untilEvents(['Synced'], name)
  }
  return secrets
}

export const sourcesFailPlays: Plays<typeof SOURCES_FAIL> = {
  'not-found': async (situation) => {
    await situation.put({ password: 'one' })
    const before = await begin(situation, { password: 'one' })
    await situation.drop('password')
    const { message } = await untilNotReady(situation, 'SecretNotFound')
    expect(message).toContain(situation.kmsName('password'))
    await expectInterval(situation, 'password')
    await expectKept(situation, before)
    await situation.untilEvents(['Synced', 'SecretNotFound'])
    expect(await situation.reasons()).toEqual(['Synced', 'SecretNotFound'])
  },

  denied: async (situation) => {
    await situation.put({ password: 'one' })
    const before = await begin(situation, { password: 'one' })
    await situation.fault('deny', 'password')
    const { message } = await untilNotReady(situation, 'AccessDenied')
    for (const fact of ['kms:GetSecretValue', situation.kmsName('password'), 'LTAI5tScene']) {
      expect(message).toContain(fact)
    }
    await expectInterval(situation, 'password')
    await expectKept(situation, before)
    await situation.untilEvents(['Synced', 'AccessDenied'])
  },

  'never-reached': async (situation) => {
    await situation.put({ password: 'one' })
    await situation.fault('reset', 'password', { count: 2 })
    await situation.apply(SELDOM)
    await situation.untilSynced({ password: 'one' })
    expect(await situation.reasons()).toEqual(['Unavailable', 'Synced'])
    expect(await statesOf(situation)).toEqual([{ password: 'one' }])
    const [failed] = await situation.untilEvents(['Unavailable', 'Synced'])
    expect(failed?.note).toContain('not created')
  },

  'outage-young': async (situation) => {
    const before = await beginEach(situation, SELDOM)
    for (const kind of KINDS) {
      await situation.fault(kind, kind)
      await situation.refresh(`${situation.id}-${kind}`)
    }
    await Promise.all(KINDS.map((kind) => expectGrowingPauses(situation, kind)))
    for (const kind of KINDS) {
      const name = `${situation.id}-${kind}`
      expect(await situation.calls(kind)).toMatchObject({ OK: 1, [OUTAGES[kind]]: expect.any(Number) as number })
      await expectKept(situation, before.get(kind) as KubeSecret, name)
      expect(await situation.reasons(name)).toEqual(['Synced'])
    }
    await Promise.all(KINDS.map((kind) => expectEvents(situation, ['Synced'], `${situation.id}-${kind}`)))
  },

  'outage-old': async (situation) => {
    const before = await beginEach(situation)
    for (const kind of KINDS) await situation.fault(kind, kind)
    await Promise.all(KINDS.map((kind) => expectGrowingPauses(situation, kind)))
    for (const kind of KINDS) {
      const name = `${situation.id}-${kind}`
      const { status, message } = await situation.untilReady('Stale', name)
      expect(status).toBe('False')
      expect(message).toContain(`Stale: KMS secret "${situation.kmsName(kind)}" `)
    }
    for (const kind of KINDS) {
      const name = `${situation.id}-${kind}`
      await expectKept(situation, before.get(kind) as KubeSecret, name)
      expect(await situation.reasons(name)).toEqual(['Synced', 'Stale'])
      await situation.untilEvents(['Synced', 'Stale'], name)
    }
  },

  timeout: async (situation) => {
    await situation.put({ password: 'one' })
    const before = await begin(situation, { password: 'one' })
    const startedMs = performance.now()
    await situation.fault('hang', 'password')
    await until('KMS is asked again', async () => ((await situation.calls('password'))['hang'] ?? 0) > 1)
    expect(performance.now() - startedMs).toBeGreaterThan(9_900)
    const { message } = await untilNotReady(situation, 'Stale')
    expect(message).toContain(`Stale: KMS secret "${situation.kmsName('password')}" `)
    await expectKept(situation, before)
    expect(await situation.reasons()).toEqual(['Synced', 'Stale'])
  },

  'retry-after': async (situation) => {
    await situation.put({ password: 'one' })
    const before = await begin(situation, { password: 'one' })
    await situation.fault('throttle', 'password', { ms: 3_600_000 })
    await until('KMS has asked to be left alone', async () => OUTAGES.throttle in (await situation.calls('password')))
    await expectRest(situation, 'password')
    await untilNotReady(situation, 'Stale')
    await expectKept(situation, before)
    expect((await situation.calls('password'))[OUTAGES.throttle]).toBe(1)
    expect(await situation.reasons()).toEqual(['Synced', 'Stale'])
  },

  'outage-over': async (situation) => {
    await situation.put({ password: 'one' })
    const before = await begin(situation, { password: 'one' })
    // The next read comes when the value is stale.
    await situation.fault('throttle', 'password', { count: 1, ms: 10_000 })
    await situation.untilEvents(['Synced', 'Stale', 'Synced'])
    await expectInterval(situation, 'password')
    await expectKept(situation, before)
    expect(await situation.reasons()).toEqual(['Synced', 'Stale', 'Synced'])
    const [, , over] = await situation.events()
    expect(over?.note).toContain('again, after Stale')
  },
}
