import type { ObservedSecret, OwnerRecord } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { observedOf, OWNER, POLICY, recordOf } from '../testing/fixtures.ts'
import { formerOwnerNames, formerOwnersOf, withoutOwners } from './former-owners.ts'

const ADOPT = { ...POLICY, creation: 'Adopt' as const }
const RETAINED = recordOf({ a: '1' }, { deletion: 'retain' })

const secretOf = (records: Readonly<Record<string, OwnerRecord>>, more: Partial<ObservedSecret> = {}): ObservedSecret =>
  observedOf({}, { controller: undefined, records: new Map(Object.entries(records)), ...more })
const many = (count: number): Readonly<Record<string, OwnerRecord>> =>
  Object.fromEntries(Array.from({ length: count }, (_none, at) => [`owner-${at}`, RETAINED]))

it.each<[what: string, observed: ObservedSecret, names: readonly string[]]>([
  ['each recorded one', secretOf({ x: RETAINED, y: recordOf({ b: '2' }) }), ['x', 'y']],
  [
    'one that merged keys and retains them',
    secretOf({ x: recordOf({ a: '1' }, { creation: 'merge', deletion: 'retain' }) }),
    ['x'],
  ],
  ['none whose merged keys are removed with it', secretOf({ x: recordOf({ a: '1' }, { creation: 'merge' }) }), []],
  ['none if the resource has a record itself', secretOf({ [OWNER.name]: RETAINED, x: RETAINED }), []],
  [
    'none while there is a controller',
    secretOf({ x: RETAINED }, { controller: { kind: 'Job', name: 'x', uid: 'u' } }),
    [],
  ],
  ['eight at most', secretOf(many(8)), Object.keys(many(8))],
  ['none of more than eight', secretOf(many(9)), []],
])('the owners that must not exist for an adoption: %s', (_what, observed, names) => {
  expect(formerOwnerNames(observed, OWNER, ADOPT)).toEqual(names)
  expect(formerOwnerNames(observed, OWNER, POLICY)).toEqual([])
  expect(formerOwnersOf(observed, OWNER, ADOPT)).toEqual([])
  expect(formerOwnersOf(observed, OWNER, { ...ADOPT, formerOwners: new Set(['x', 'z']) })).toEqual(
    names.filter((name) => name === 'x'),
  )
})

it('shows what gone owners have written as that of others', () => {
  const x = recordOf({ a: '1' }, { metadata: { names: ['labels/team'], digest: 'd' } })
  const observed = secretOf(
    { x, y: recordOf({ b: '2' }), z: recordOf({ c: '3' }) },
    { drifted: ['a', 'b'], foreignKeys: new Set(['theirs']), foreignMetadata: new Set(['annotations/theirs']) },
  )
  expect(withoutOwners(observed, ['x', 'unknown'])).toEqual({
    ...observed,
    records: new Map([...observed.records].slice(1)),
    drifted: ['b'],
    foreignKeys: new Set(['theirs', 'a']),
    foreignMetadata: new Set(['annotations/theirs', 'labels/team']),
  })
  expect(withoutOwners(observed, [])).toBe(observed)
})
