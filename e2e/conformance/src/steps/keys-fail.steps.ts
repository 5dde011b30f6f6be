import { expect } from 'vitest'
import { begin, expectKept, failFirstRead, statesOf, untilNotReady } from '../helpers.ts'
import { OwnStore } from '../own-store.ts'
import { copyOf, extractOf, picksOf } from '../spec-entries.ts'
import type { KEYS_FAIL } from '../tables/keys-fail.ts'
import type { ScenarioSteps } from '../scenario-tests.ts'
import { expectInterval } from '../polling-expectations.ts'
import { SLOW_INTERVAL } from '@ack-secret-manager/testenv'

const DB = { user: 'tom', password: 'one' }

export const keysFailSteps: ScenarioSteps<typeof KEYS_FAIL> = {
  'one-gone': async (scenario) => {
    await scenario.put(DB)
    const before = await begin(scenario, DB)
    await scenario.drop('password')
    const { message } = await untilNotReady(scenario, 'Degraded')
    expect(message).toContain(`SecretNotFound: KMS secret "${scenario.kmsName('password')}" `)
    expect(message).toContain('last values kept')
    expect(message).not.toContain(scenario.kmsName('user'))
    await scenario.put({ user: 'eve' })
    await scenario.env.untilSecret(scenario.id, { user: 'eve', password: 'one' })
    await expectInterval(scenario, 'password')
    expect(await scenario.writesSince(before)).toBe(1)
    expect(await scenario.reasons()).toEqual(['Synced', 'Degraded'])
    await scenario.untilEvents(['Synced', 'Degraded'])
  },

  'one-away': async (scenario) => {
    await scenario.put(DB)
    const before = await begin(scenario, DB, { rotationInterval: '8s' })
    // Counted from here, the new value is read two intervals before the other secret becomes stale.
    await scenario.untilRead('password', 1)
    await scenario.fault('throttle', 'password', { ms: 3_600_000 })
    await scenario.put({ user: 'eve' })
    await scenario.env.untilSecret(scenario.id, { user: 'eve', password: 'one' })
    const { message } = await untilNotReady(scenario, 'Degraded')
    expect(message).toContain(`Stale: KMS secret "${scenario.kmsName('password')}" `)
    await scenario.untilRead('user')
    expect(await scenario.calls('password')).toHaveProperty(['Rejected.Throttling'], 1)
    expect(await scenario.writesSince(before)).toBe(1)
    expect(await scenario.reasons()).toEqual(['Synced', 'Degraded'])
    await scenario.untilEvents(['Synced', 'Synced', 'Degraded'])
  },

  'one-gone-block': async (scenario) => {
    await scenario.put(DB)
    const before = await begin(scenario, DB, { onKeyFailure: 'Block' })
    await scenario.drop('password')
    const { message } = await untilNotReady(scenario, 'Degraded')
    expect(message).toContain(`SecretNotFound: KMS secret "${scenario.kmsName('password')}" `)
    await scenario.put({ user: 'eve' })
    await expectInterval(scenario, 'user')
    await expectKept(scenario, before)
    await scenario.untilEvents(['Synced', 'Degraded'])
    await scenario.put({ password: 'two' })
    await scenario.untilSynced({ user: 'eve', password: 'two' })
    expect(await scenario.writesSince(before)).toBe(1)
  },

  'optional-gone': async (scenario) => {
    await scenario.put(DB)
    const data = [copyOf(scenario, 'user'), copyOf(scenario, 'password', { optional: true })]
    const before = await begin(scenario, DB, { data })
    const droppedMs = performance.now()
    await scenario.drop('password')
    await scenario.untilSynced({ user: 'tom' })
    // Not after the first NotFound.
    expect(performance.now() - droppedMs).toBeGreaterThan(10_000)
    expect(await scenario.writesSince(before)).toBe(1)
    expect(await scenario.reasons()).toEqual(['Synced'])
    await scenario.put({ password: 'two' })
    await scenario.untilSynced({ user: 'tom', password: 'two' })
  },

  'all-gone': async (scenario) => {
    await scenario.put(DB)
    const before = await begin(scenario, DB)
    await scenario.drop('user')
    await scenario.drop('password')
    const { message } = await untilNotReady(scenario, 'SecretNotFound')
    expect(message).toMatch(/^2 of 2 secrets: SecretNotFound: /)
    for (const name of Object.keys(DB)) expect(message).toContain(JSON.stringify(scenario.kmsName(name)))
    await expectInterval(scenario, 'user')
    await expectKept(scenario, before)
  },

  'all-differ': async (scenario) => {
    await scenario.put(DB)
    const before = await begin(scenario, DB)
    await scenario.drop('user')
    await scenario.fault('deny', 'password')
    const { message } = await untilNotReady(
      scenario,
      'Degraded',
      /SecretNotFound: KMS secret ".*user".*AccessDenied: KMS secret ".*password"/,
    )
    expect(message).toContain('last values kept')
    await expectInterval(scenario, 'password')
    await expectKept(scenario, before)
  },

  'path-gone': async (scenario) => {
    const data = [picksOf(scenario, 'doc', 'user', 'password')]
    await scenario.put({ doc: JSON.stringify(DB) }, 'v1')
    const before = await begin(scenario, DB, { data })
    await scenario.put({ doc: JSON.stringify({ user: 'eve' }) }, 'v2')
    const { message } = await untilNotReady(scenario, 'PathNotFound')
    expect(message).toContain('path password matches nothing')
    await expectInterval(scenario, 'doc')
    await expectKept(scenario, before)
    await scenario.untilEvents(['Synced', 'PathNotFound'])
    await scenario.put({ doc: JSON.stringify({ user: 'eve', password: 'three' }) }, 'v3')
    await scenario.untilSynced({ user: 'eve', password: 'three' })
    expect(await scenario.writesSince(before)).toBe(1)
  },

  'path-gone-and-other': async (scenario) => {
    await scenario.put({ doc: JSON.stringify(DB), token: 'a' })
    const data = [picksOf(scenario, 'doc', 'user'), picksOf(scenario, 'doc', 'password'), copyOf(scenario, 'token')]
    const before = await begin(scenario, { ...DB, token: 'a' }, { data })
    await scenario.put({ doc: JSON.stringify({ user: 'eve' }) })
    await untilNotReady(scenario, 'Degraded', /PathNotFound: ".*doc": /)
    await scenario.put({ token: 'b' })
    await scenario.env.untilSecret(scenario.id, { ...DB, token: 'b' })
    await expectInterval(scenario, 'doc')
    expect(await scenario.writesSince(before)).toBe(1)
    await scenario.untilEvents(['Synced', 'Degraded'])
  },

  'first-fails': async (scenario) => {
    const failed = await failFirstRead(scenario, 'http503')
    expect(failed?.note).toContain('nothing is written until all keys can be read')
  },

  'first-fails-and-other': async (scenario) => {
    await scenario.put(DB)
    await scenario.fault('http503', 'password')
    const store = await OwnStore.openFor(scenario)
    await scenario.apply({ ...SLOW_INTERVAL, data: [copyOf(scenario, 'user'), store.entry('password')] })
    await scenario.healAfter('Degraded', 'password')
    await scenario.untilSynced(DB)
    expect(await scenario.reasons()).toEqual(['Degraded', 'Synced'])
    expect(await statesOf(scenario)).toEqual([DB])
    const [failed] = await scenario.untilEvents(['Degraded', 'Synced'])
    expect(failed?.note).toContain(`Unavailable: KMS secret "${scenario.kmsName('password')}" `)
    expect(failed?.note).toContain('nothing is written until all keys can be read')
  },

  'key-gained': async (scenario) => {
    await scenario.put({ user: 'tom' })
    await begin(scenario, { user: 'tom' }, SLOW_INTERVAL)
    await scenario.put({ user: 'eve', password: 'one' })
    await scenario.fault('http503', 'password')
    const store = await OwnStore.openFor(scenario)
    await scenario.apply({ ...SLOW_INTERVAL, data: [copyOf(scenario, 'user'), store.entry('password')] })
    await scenario.healAfter('Degraded', 'password')
    await scenario.untilSynced({ user: 'eve', password: 'one' })
    expect(await scenario.reasons()).toEqual(['Synced', 'Degraded', 'Synced'])
    expect(await statesOf(scenario)).toEqual([{ user: 'tom' }, { user: 'eve' }, { user: 'eve', password: 'one' }])
    const [, failed] = await scenario.untilEvents(['Synced', 'Degraded', 'Synced'])
    expect(failed?.note).toContain(`Unavailable: KMS secret "${scenario.kmsName('password')}" `)
  },

  'other-named': async (scenario) => {
    await scenario.put({ doc: JSON.stringify(DB) })
    const before = await begin(scenario, DB, { data: [], dataProcess: [extractOf(scenario, 'doc')] })
    await scenario.apply({ data: [], dataProcess: [extractOf(scenario, 'dco')] })
    const { message } = await untilNotReady(scenario, 'SecretNotFound')
    expect(message).toContain(`SecretNotFound: KMS secret "${scenario.kmsName('dco')}" `)
    expect(message).toContain('last values kept')
    await expectInterval(scenario, 'dco')
    await expectKept(scenario, before)
    await scenario.untilEvents(['Synced', 'SecretNotFound'])
    await scenario.put({ dco: JSON.stringify({ name: 'eve' }) })
    await scenario.untilSynced({ name: 'eve' })
    expect(await scenario.writesSince(before)).toBe(1)
  },

  'renamed-and-other': async (scenario) => {
    await scenario.put({ doc: JSON.stringify(DB), token: 'a' })
    const specWith = (doc: string) => ({
      data: [copyOf(scenario, 'token')],
      dataProcess: [extractOf(scenario, doc)],
    })
    await begin(scenario, { ...DB, token: 'a' }, specWith('doc'))
    await scenario.apply(specWith('dco'))
    await untilNotReady(scenario, 'Degraded', /SecretNotFound: KMS secret ".*dco"/)
    await scenario.put({ token: 'b' })
    await scenario.env.untilSecret(scenario.id, { ...DB, token: 'b' })
    await scenario.put({ dco: JSON.stringify({ user: 'eve' }) })
    await scenario.untilSynced({ user: 'eve', token: 'b' })
    expect(await statesOf(scenario)).toEqual([
      { ...DB, token: 'a' },
      { ...DB, token: 'b' },
      { user: 'eve', token: 'b' },
    ])
  },

  'template-input': async (scenario) => {
    const template = { data: { url: '{{ .user }}:{{ .password }}', other: 'fixed' } }
    await scenario.put(DB)
    const before = await begin(scenario, { url: 'tom:one', other: 'fixed' }, { target: { template } })
    await scenario.drop('password')
    await scenario.put({ user: 'eve' })
    const { message } = await untilNotReady(scenario, 'Degraded')
    expect(message).toContain(`SecretNotFound: KMS secret "${scenario.kmsName('password')}" `)
    await expectInterval(scenario, 'password')
    await expectKept(scenario, before)
    await scenario.untilEvents(['Synced', 'Degraded'])
    await scenario.put({ password: 'two' })
    await scenario.untilSynced({ url: 'eve:two', other: 'fixed' })
    expect(await scenario.writesSince(before)).toBe(1)
  },
}
