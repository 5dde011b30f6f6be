import { expect, it } from 'vitest'
import { releasesFor } from './release.ts'
import { observedOf, recordOf } from './testing/fixtures.ts'

const ab = { a: '1', b: '2' }
it.each([
  ['leaves an owned Secret to the garbage collector', 'gone', {}, undefined],
  ['deletes the former Secret when the target has another name', 'moved', {}, { how: 'delete' }],
  ['keeps what is to be retained', 'gone', { deletion: 'retain' as const }, undefined],
  [
    'lets go of a retained Secret when the target has another name',
    'moved',
    { deletion: 'retain' as const },
    { how: 'forget' },
  ],
  [
    'takes merged keys out again',
    'gone',
    { creation: 'merge' as const },
    { how: 'remove-keys', removeKeys: ['a', 'b'] },
  ],
  [
    'keeps merged keys that are to be retained',
    'gone',
    { creation: 'merge' as const, deletion: 'retain' as const },
    undefined,
  ],
] as const)('%s', (_rule, resource, record, expected) => {
  const observed = observedOf(ab, { records: new Map([['web', recordOf(ab, record)]]) })
  const [action] = releasesFor(observed, 'web', resource)
  if (expected) expect(action).toMatchObject({ ...expected, ifUid: 'uid-secret', ifResourceVersion: '7' })
  else expect(action).toBeUndefined()
  expect(releasesFor(observed, 'stranger', resource)).toEqual([])
})
