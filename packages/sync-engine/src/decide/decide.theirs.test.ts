import { expect, it } from 'vitest'
import { decide } from './decide.ts'
import { desiredOf, observedOf, POLICY, recordOf } from '../testing/fixtures.ts'

const ab = desiredOf({ a: '1', b: '2' })
const merge = { ...POLICY, creation: 'Merge', adopt: true } as const
const foreignKeys = new Set(['b'])

it('merges over keys of other owners if adoption is requested', () => {
  const secret = observedOf({}, { controller: undefined, records: new Map(), foreignKeys })
  const action = decide(ab, { secret, inspected: true }, merge)
  expect(action).toMatchObject({ kind: 'patch', adopts: false })
  expect(action).toHaveProperty('set.size', 2)
})

it.each([
  [
    'names the adoption',
    new Map(),
    / remove it from the Secret, or adopt the Secret with the annotation [^ ]*adopt: "true"$/,
  ],
  [
    'names none after a first write',
    new Map([['web', recordOf({ a: '1' }, { creation: 'merge' })]]),
    / from the Secret$/,
  ],
])('the refusal of a merged key of another user %s', (_rule, records, message) => {
  const secret = observedOf({}, { controller: undefined, records, foreignKeys })
  const action = decide(ab, { secret, inspected: true }, { ...merge, adopt: false })
  expect(action).toMatchObject({ kind: 'refuse', error: { message: expect.stringMatching(message) } })
})

it('takes over no further key of other owners after the adoption', () => {
  const records = new Map([['web', recordOf({ a: '1' }, { creation: 'merge' })]])
  const secret = observedOf({}, { controller: undefined, records, foreignKeys, adoptRequested: true })
  const action = decide(ab, { secret, inspected: false }, merge)
  expect(action).toMatchObject({ kind: 'refuse', error: { code: 'TargetConflict' } })
})

it.each<[string, Record<string, string>, object]>([
  ['adds', { a: '1' }, { kind: 'inspect' }],
  ['changes', { a: '1', b: '0' }, { kind: 'patch' }],
])(
  'inspects a Secret of other owners before it %s a key, because managedFields may have been cleared',
  (_what, held, action) => {
    const records = new Map([['web', recordOf(held, { creation: 'merge' })]])
    const secret = observedOf({}, { controller: undefined, records })
    expect(decide(ab, { secret, inspected: false }, merge)).toMatchObject(action)
    expect(decide(ab, { secret, inspected: true }, merge)).toMatchObject({ kind: 'patch' })
  },
)

it('first inspects whether the content of other owners is already correct', () => {
  const secret = observedOf({ a: '1', b: '2' }, { drifted: ['a'] })
  expect(decide(ab, { secret, inspected: false }, POLICY)).toEqual({ kind: 'inspect' })
})

it.each(
  [
    'kubernetes.io/service-account-token',
    'bootstrap.kubernetes.io/token',
    'helm.sh/release.v1',
    'alibabacloud.com/digest-key',
  ].flatMap((type) => (['Adopt', 'Merge'] as const).map((creation) => [type, creation] as const)),
)('never writes a Secret of type %s, not even with %s', (type, creation) => {
  const secret = observedOf({}, { controller: undefined, records: new Map(), type, adoptRequested: true })
  const action = decide(desiredOf({ a: '1' }), { secret, inspected: true }, { ...POLICY, creation, adopt: true })
  expect(action).toMatchObject({ kind: 'refuse', error: { code: 'TargetConflict' } })
  expect(action).toHaveProperty('error.message', expect.stringContaining(`is of type ${type}`))
})

it('leaves the target of an earlier resource of the same name to the garbage collector, and says what to do if it stays', () => {
  const { owner } = ab
  const secret = observedOf({ a: '1' }, { controller: { ...owner, uid: 'earlier' }, records: new Map() })
  const action = decide(ab, { secret, inspected: true }, POLICY)
  expect(action).toMatchObject({ kind: 'refuse', error: { code: 'TargetConflict' } })
  expect(action).toHaveProperty('error.message', expect.stringContaining(`a deleted ${owner.kind} ${owner.name}`))
})

it('takes over the target of an earlier resource of the same name if the record names it', () => {
  const { owner } = ab
  const secret = observedOf({ a: '1', b: '2' }, { controller: { ...owner, uid: 'earlier' } })
  expect(decide(ab, { secret, inspected: false }, POLICY)).toMatchObject({ kind: 'patch', adopts: false, owner })
})

it.each([
  ['it has no uid itself', { ...ab.owner, uid: '' }, 'owner'],
  ['it only merged keys', ab.owner, 'merge'],
] as const)('does not take over the target of an earlier resource of the same name if %s', (_why, owner, creation) => {
  const records = new Map([['web', recordOf({ a: '1', b: '2' }, { creation })]])
  const secret = observedOf({}, { controller: { ...owner, uid: 'earlier' }, records })
  expect(decide({ ...ab, owner }, { secret, inspected: true }, POLICY)).toMatchObject({ kind: 'refuse' })
})
