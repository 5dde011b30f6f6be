import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeGeneratedVersion, encodeGeneratedVersion, isGenerated } from '../model/generated-version.ts'
import { timeBounds } from './time-bounds.ts'
import { decideGenerated, type GeneratedDecision, type HeldValue } from './decide-generated.ts'

const NOW = Date.UTC(2026, 0, 2)
const HOUR = 3_600_000
const POLICY = { kind: 'password', settings: 'aaaa' }
const keep = (generatedMs: number, settings: string = 'aaaa'): GeneratedDecision => ({
  kind: 'keep',
  version: { generatedMs, settings },
})
const generate = (reason: Extract<GeneratedDecision, { kind: 'generate' }>['reason']): GeneratedDecision => ({
  kind: 'generate',
  reason,
})

/** A value that was generated this long ago. */
function held(ageMs: number, more: Partial<HeldValue> & { settings?: string } = {}): HeldValue {
  const { settings = 'aaaa', ...rest } = more
  const versionId = encodeGeneratedVersion({ generatedMs: NOW - ageMs, settings })
  return { byteLength: 32, record: { secret: 'generated password', versionId }, isEdited: false, ...rest }
}

const from = (secret: string, versionId: string = 'v1'): Partial<HeldValue> => ({ record: { secret, versionId } })

it.each<
  [
    string,
    HeldValue | undefined,
    Partial<typeof POLICY & { renewAfterMs: number; renewsOnChange: boolean }>,
    GeneratedDecision,
  ]
>([
  ['generates a value that the target does not have', undefined, {}, generate('missing')],
  ['generates a value where the target has an empty one', held(HOUR, { byteLength: 0 }), {}, generate('missing')],
  ['keeps a value for ever without a rotation', held(10_000 * HOUR), {}, keep(NOW - 10_000 * HOUR)],
  ['keeps a value a second before it is due', held(HOUR - 1_000), { renewAfterMs: HOUR }, keep(NOW - HOUR + 1_000)],
  ['replaces a value that is due', held(HOUR), { renewAfterMs: HOUR }, generate('due')],
  ['keeps a value whose settings have changed', held(HOUR, { settings: 'bbbb' }), {}, keep(NOW - HOUR, 'bbbb')],
  [
    'replaces it if the resource says so',
    held(HOUR, { settings: 'bbbb' }),
    { renewsOnChange: true },
    generate('settings'),
  ],
  [
    'keeps the value of an adopted Secret, as new',
    { ...held(0), record: undefined },
    { renewAfterMs: HOUR },
    keep(NOW),
  ],
  [
    'keeps the value of an adopted Secret although the settings matter',
    { ...held(0), record: undefined },
    { renewsOnChange: true },
    keep(NOW),
  ],
  ['keeps the value of a KMS secret, as new', held(0, from('app/db')), { renewAfterMs: HOUR }, keep(NOW)],
  ['keeps the output of a template, as new', held(0, from('template of app/db')), { renewAfterMs: HOUR }, keep(NOW)],
  ['replaces the value of another generator', held(0, from('generated token')), {}, generate('other-generator')],
  [
    'keeps a value with a forged version, as new',
    held(0, from('generated password', 'x')),
    { renewAfterMs: HOUR },
    keep(NOW),
  ],
  ['keeps an edited value, as new', held(HOUR, { isEdited: true }), { renewAfterMs: HOUR }, keep(NOW)],
  ['counts the age from now if the record is from the future', held(-HOUR), { renewAfterMs: HOUR }, keep(NOW)],
  ['tolerates the clock of another replica', held(-60_000), { renewAfterMs: HOUR }, keep(NOW + 60_000)],
])('%s', (_rule, value, policy, decision) => {
  expect(decideGenerated(value, { ...POLICY, ...policy }, timeBounds(NOW))).toEqual(decision)
})

const AHEAD = { earliestMs: NOW, latestMs: NOW + 100 * HOUR }

it.each<[string, HeldValue, GeneratedDecision]>([
  [
    'keeps a value that is due by the clock that is ahead',
    held(0),
    { ...keep(NOW), isDisputed: true } as GeneratedDecision,
  ],
  [
    'keeps a value that one of them takes for one from the future',
    held(-50 * HOUR),
    { ...keep(NOW + 50 * HOUR), isDisputed: true } as GeneratedDecision,
  ],
  ['replaces a value that is due by all clocks', held(HOUR), generate('due')],
  ['records the later time for an edited value', held(HOUR, { isEdited: true }), keep(NOW + 100 * HOUR)],
  ['records the later time for a value from the future', held(-200 * HOUR), keep(NOW + 100 * HOUR)],
])('where clocks differ, %s', (_rule, value, decision) => {
  expect(decideGenerated(value, { ...POLICY, renewAfterMs: HOUR }, AHEAD)).toEqual(decision)
})

it('replaces an existing value only if it is due, or if the resource requests other settings at once', () => {
  const value = fc.record({
    byteLength: fc.integer({ min: 1, max: 64 }),
    record: fc.option(
      fc.record({
        secret: fc.constantFrom('generated password', 'app/db', 'template of app/db'),
        versionId: fc.oneof(
          fc.string(),
          fc
            .record({ generatedMs: fc.integer({ min: 0, max: 2 * NOW }), settings: fc.constantFrom('aaaa', 'bbbb') })
            .map(encodeGeneratedVersion),
        ),
      }),
      { nil: undefined },
    ),
    isEdited: fc.boolean(),
  })
  const renewAfterMs = fc.option(fc.integer({ min: HOUR, max: 1_000 * HOUR }), { nil: undefined })
  fc.assert(
    fc.property(value, renewAfterMs, fc.boolean(), (one, intervalMs, renewsOnChange) => {
      const policy = { ...POLICY, renewsOnChange, ...(intervalMs !== undefined && { renewAfterMs: intervalMs }) }
      const decision = decideGenerated(one, policy, timeBounds(NOW))
      if (decision.kind === 'keep') {
        // The next decision is the same: a target is not written again and again.
        const versionId = encodeGeneratedVersion(decision.version)
        const next = { ...one, record: { secret: 'generated password', versionId }, isEdited: false }
        expect(decideGenerated(next, policy, timeBounds(NOW))).toEqual(decision)
        return
      }
      const version = decodeGeneratedVersion(one.record?.versionId ?? '')
      expect(one.isEdited).toBe(false)
      expect(version).toBeDefined()
      const isDue = intervalMs !== undefined && (version?.generatedMs ?? 0) + intervalMs <= NOW
      const isOther = renewsOnChange && version?.settings !== 'aaaa'
      expect(isDue || isOther).toBe(true)
    }),
  )
})

it.each([
  '',
  '2026-01-02T00:00:00Z',
  '2026-01-02T00:00:00Z/',
  '2026-13-02T00:00:00Z/aa',
  '2026-01-02T00:00:00.000Z/aa',
  '2026-01-02T00:00:00Z/xy',
  'v1',
])('reads no version from %j', (text) => expect(decodeGeneratedVersion(text)).toBeUndefined())

it('no secret of KMS counts as generated', () => {
  expect([isGenerated('generated'), isGenerated('generated/password'), isGenerated('app/db')]).toEqual([
    false,
    false,
    false,
  ])
})
