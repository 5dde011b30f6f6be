import { expect, it } from 'vitest'
import { desiredOf, observedOf, OWNER, recordOf, TARGET } from '../../testing/fixtures.ts'
import { isApplied, type UnacknowledgedWrite } from './unacknowledged-write.ts'

const report = { action: 'patch', adopted: false, corrected: false, removed: [] } as const
const write: UnacknowledgedWrite = {
  ownerUid: OWNER.uid,
  targetName: TARGET.name,
  record: recordOf({ a: 'new' }),
  report,
}
const desired = desiredOf({ a: 'new' })

it.each<[string, boolean, UnacknowledgedWrite, ReturnType<typeof observedOf> | undefined]>([
  ['the record is as written', true, write, observedOf({ a: 'new' })],
  ['the target holds another value', false, write, observedOf({ a: 'old' })],
  ['the target holds another key', false, write, observedOf({ a: 'new', b: 'x' })],
  ['the target does not exist', false, write, undefined],
  ['the target has no record', false, write, observedOf({ a: 'new' }, { records: new Map() })],
  [
    'it was for an earlier resource of the same name',
    false,
    { ...write, ownerUid: 'uid-old' },
    observedOf({ a: 'new' }),
  ],
  ['it was for another target', false, { ...write, targetName: 'other' }, observedOf({ a: 'new' })],
  ['the target to delete no longer exists', true, { ...write, record: undefined }, undefined],
  ['the target to delete still exists', false, { ...write, record: undefined }, observedOf({ a: 'new' })],
])('%s: applied is %s', (_what, expected, unacknowledged, secret) => {
  expect(isApplied(unacknowledged, desired, secret)).toBe(expected)
})
