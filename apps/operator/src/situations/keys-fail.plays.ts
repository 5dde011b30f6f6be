import { expect } from 'vitest'
import { begin, expectKept, statesOf, untilNotReady } from './course.ts'
import { copyOf, extractOf, picksOf } from './entries.ts'
import type { KEYS_FAIL } from './keys-fail.ts'
import type { Plays } from './play-table.ts'
import { expectInterval } from './rhythm.ts'
import { SELDOM } from '../testing/seldom.ts'

const DB = { user: 'tom', password: 'one' }

export const keysFailPlays: Plays<typeof KEYS_FAIL> = {
  'one-gone': async (situation) => {
    await situation.put(DB)
    const before = await begin(situation, DB)
    await situation.drop('password')
    const { message } = await untilNotReady(situation, 'Degraded')
    expect(message).toContain(`SecretNotFound: KMS secret "${situation.kmsName('password')}" `)
    expect(message).toContain('last values kept')
    expect(message).not.toContain(situation.kmsName('user'))
    await situation.put({ user: 'eve' })
    await situation.scene.untilSecret(situation.id, { user: 'eve', password: 'one' })
    await expectInterval(situation, 'password')
    expect(await situation.writesSince(before)).toBe(1)
    expect(await situation.reasons()).toEqual(['Synced', 'Degraded'])
    await situation.untilEvents(['Synced', 'Degraded'])
  },

  'one-away': async (situation) => {
    await situation.put(DB)
    // The new value is written an interval before the other one is stale, at least.
    const before = await begin(situation, DB, { rotationInterval: '4s' })
    await situation.fault('throttle', 'password', { ms: 3_600_000 })
    await situation.put({ user: 'eve' })
    await situation.scene.untilSecret(situation.id, { user: 'eve', password: 'one' })
    const { message } = await untilNotReady(situation, 'Degraded')
    expect(message).toContain(`Stale: KMS secret "${situation.kmsName('password')}" `)
    await situation.untilAsked('user')
    expect(await situation.calls('password')).toHaveProperty(['Rejected.Throttling'], 1)
    expect(await situation.writesSince(before)).toBe(1)
    expect(await situation.reasons()).toEqual(['Synced', 'Degraded'])
    await situation.untilEvents(['Synced', 'Synced', 'Degraded'])
  },

  'one-gone-block': async (situation) => {
    await situation.put(DB)
    const before = await begin(situation, DB, { onKeyFailure: 'Block' })
    await situation.drop('password')
    const { message } = await untilNotReady(situation, 'Degraded')
    expect(message).toContain(`SecretNotFound: KMS secret "${situation.kmsName('password')}" `)
    await situation.put({ user: 'eve' })
    await expectInterval(situation, 'user')
    await expectKept(situation, before)
    await situation.untilEvents(['Synced', 'Degraded'])
    await situation.put({ password: 'two' })
    await situation.untilSynced({ user: 'eve', password: 'two' })
    expect(await situation.writesSince(before)).toBe(1)
  },

  'optional-gone': async (situation) => {
    await situation.put(DB)
    const data = [copyOf(situation, 'user'), copyOf(situation, 'password', { optional: true })]
    const before = await begin(situation, DB, { data })
    await situation.drop('password')
    await situation.untilAsked('password')
    await expectKept(situation, before)
    await situation.untilSynced({ user: 'tom' })
    expect(await situation.writesSince(before)).toBe(1)
    expect(await situation.reasons()).toEqual(['Synced'])
    await situation.put({ password: 'two' })
    await situation.untilSynced({ user: 'tom', password: 'two' })
  },

  'all-gone': async (situation) => {
    await situation.put(DB)
    const before = await begin(situation, DB)
    await situation.drop('user')
    await situation.drop('password')
    const { message } = await untilNotReady(situation, 'SecretNotFound')
    expect(message).toMatch(/^2 of 2 secrets: SecretNotFound: /)
    for (const name of Object.keys(DB)) expect(message).toContain(JSON.stringify(situation.kmsName(name)))
    await expectInterval(situation, 'user')
    await expectKept(situation, before)
  },

  'all-differ': async (situation) => {
    await situation.put(DB)
    const before = await begin(situation, DB)
    await situation.drop('user')
    await situation.fault('deny', 'password')
    const { message } = await untilNotReady(
      situation,
      'Degraded',
      /SecretNotFound: KMS secret ".*user".*AccessDenied: KMS secret ".*password"/,
    )
    expect(message).toContain('last values kept')
    await expectInterval(situation, 'password')
    await expectKept(situation, before)
  },

  'path-gone': async (situation) => {
    const data = [picksOf(situation, 'doc', 'user', 'password')]
    await situation.put({ doc: JSON.stringify(DB) }, 'v1')
    const before = await begin(situation, DB, { data })
    await situation.put({ doc: JSON.stringify({ user: 'eve' }) }, 'v2')
    const { message } = await untilNotReady(situation, 'PathNotFound')
    expect(message).toContain('path password matches nothing')
    await expectInterval(situation, 'doc')
    await expectKept(situation, before)
    await situation.untilEvents(['Synced', 'PathNotFound'])
    await situation.put({ doc: JSON.stringify({ user: 'eve', password: 'three' }) }, 'v3')
    await situation.untilSynced({ user: 'eve', password: 'three' })
    expect(await situation.writesSince(before)).toBe(1)
  },

  'path-gone-beside': async (situation) => {
    await situation.put({ doc: JSON.stringify(DB), token: 'a' })
    const data = [picksOf(situation, 'doc', 'user'), picksOf(situation, 'doc', 'password'), copyOf(situation, 'token')]
    const before = await begin(situation, { ...DB, token: 'a' }, { data })
    await situation.put({ doc: JSON.stringify({ user: 'eve' }) })
    await untilNotReady(situation, 'Degraded', /PathNotFound: ".*doc": /)
    await situation.put({ token: 'b' })
    await situation.scene.untilSecret(situation.id, { ...DB, token: 'b' })
    await expectInterval(situation, 'doc')
    expect(await situation.writesSince(before)).toBe(1)
    await situation.untilEvents(['Synced', 'Degraded'])
  },

  'first-fails': async (situation) => {
    await situation.put({ password: 'one' })
    await situation.fault('http503', 'password', { count: 2 })
    await situation.apply(SELDOM)
    await situation.untilSynced({ password: 'one' })
    expect(await situation.reasons()).toEqual(['Unavailable', 'Synced'])
    expect((await situation.calls('password'))['ServiceUnavailableTemporary']).toBe(2)
    expect(await statesOf(situation)).toEqual([{ password: 'one' }])
    const [failed] = await situation.untilEvents(['Unavailable', 'Synced'])
    expect(failed?.note).toContain('the Secret is not created until all keys are there')
  },

  'first-fails-beside': async (situation) => {
    await situation.put(DB)
    await situation.fault('http503', 'password', { count: 2 })
    await situation.apply(SELDOM)
    await situation.untilSynced(DB)
    expect(await situation.reasons()).toEqual(['Degraded', 'Synced'])
    expect(await statesOf(situation)).toEqual([DB])
    const [failed] = await situation.untilEvents(['Degraded', 'Synced'])
    expect(failed?.note).toContain(`Unavailable: KMS secret "${situation.kmsName('password')}" `)
    expect(failed?.note).toContain('the Secret is not created until all keys are there')
  },

  'key-gained': async (situation) => {
    await situation.put({ user: 'tom' })
    await begin(situation, { user: 'tom' }, SELDOM)
    await situation.put({ user: 'eve', password: 'one' })
    await situation.fault('http503', 'password', { count: 2 })
    await situation.apply({ ...SELDOM, data: [copyOf(situation, 'user'), copyOf(situation, 'password')] })
    await situation.untilSynced({ user: 'eve', password: 'one' })
    expect(await situation.reasons()).toEqual(['Synced', 'Degraded', 'Synced'])
    expect(await statesOf(situation)).toEqual([{ user: 'tom' }, { user: 'eve' }, { user: 'eve', password: 'one' }])
    const [, failed] = await situation.untilEvents(['Synced', 'Degraded', 'Synced'])
    expect(failed?.note).toContain(`Unavailable: KMS secret "${situation.kmsName('password')}" `)
  },

  'other-named': async (situation) => {
    await situation.put({ doc: JSON.stringify(DB) })
    const before = await begin(situation, DB, { data: [], dataProcess: [extractOf(situation, 'doc')] })
    await situation.apply({ data: [], dataProcess: [extractOf(situation, 'dco')] })
    const { message } = await untilNotReady(situation, 'SecretNotFound')
    expect(message).toContain(`SecretNotFound: KMS secret "${situation.kmsName('dco')}" `)
    expect(message).toContain('last values kept')
    await expectInterval(situation, 'dco')
    await expectKept(situation, before)
    await situation.untilEvents(['Synced', 'SecretNotFound'])
    await situation.put({ dco: JSON.stringify({ name: 'eve' }) })
    await situation.untilSynced({ name: 'eve' })
    expect(await situation.writesSince(before)).toBe(1)
  },

  'other-named-beside': async (situation) => {
    await situation.put({ doc: JSON.stringify(DB), token: 'a' })
    const beside = (doc: string) => ({
      data: [copyOf(situation, 'token')],
      dataProcess: [extractOf(situation, doc)],
    })
    await begin(situation, { ...DB, token: 'a' }, beside('doc'))
    await situation.apply(beside('dco'))
    await untilNotReady(situation, 'Degraded', /SecretNotFound: KMS secret ".*dco"/)
    await situation.put({ token: 'b' })
    await situation.scene.untilSecret(situation.id, { ...DB, token: 'b' })
    await situation.put({ dco: JSON.stringify({ user: 'eve' }) })
    await situation.untilSynced({ user: 'eve', token: 'b' })
    expect(await statesOf(situation)).toEqual([
      { ...DB, token: 'a' },
      { ...DB, token: 'b' },
      { user: 'eve', token: 'b' },
    ])
  },

  'template-input': async (situation) => {
    const template = { data: { url: '{{ .user }}:{{ .password }}', other: 'fixed' } }
    await situation.put(DB)
    const before = await begin(situation, { url: 'tom:one', other: 'fixed' }, { target: { template } })
    await situation.drop('password')
    await situation.put({ user: 'eve' })
    const { message } = await untilNotReady(situation, 'Degraded')
    expect(message).toContain(`SecretNotFound: KMS secret "${situation.kmsName('password')}" `)
    await expectInterval(situation, 'password')
    await expectKept(situation, before)
    await situation.untilEvents(['Synced', 'Degraded'])
    await situation.put({ password: 'two' })
    await situation.untilSynced({ url: 'eve:two', other: 'fixed' })
    expect(await situation.writesSince(before)).toBe(1)
  },
}
