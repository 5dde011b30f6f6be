import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { expect, it } from 'vitest'
import { release, releasesFor } from './release-target.ts'
import { digester, observedOf, recordOf } from '../../testing/fixtures.ts'

const ab = { a: '1', b: '2' }
it.each([
  ['leaves an owned Secret to the garbage collector', 'deleted', {}, undefined],
  ['deletes the former Secret when the target has another name', 'moved', {}, { how: 'delete' }],
  ['keeps a retained target', 'deleted', { deletion: 'retain' as const }, undefined],
  [
    'lets go of a retained Secret when the target has another name',
    'moved',
    { deletion: 'retain' as const },
    { how: 'forget' },
  ],
  [
    'takes merged keys out again',
    'deleted',
    { creation: 'merge' as const },
    { how: 'remove-keys', removeKeys: ['a', 'b'] },
  ],
  [
    'keeps merged keys that are to be retained',
    'deleted',
    { creation: 'merge' as const, deletion: 'retain' as const },
    undefined,
  ],
  ['leaves an owned Secret of an absent resource', 'absent', {}, undefined],
  [
    'takes merged keys of an absent resource out again',
    'absent',
    { creation: 'merge' as const },
    { how: 'remove-keys', removeKeys: ['a', 'b'] },
  ],
] as const)('%s', (_rule, resource, record, expected) => {
  const observed = observedOf(ab, { records: new Map([['web', recordOf(ab, record)]]) })
  const [action] = releasesFor(observed, 'web', resource)
  if (expected) expect(action).toMatchObject({ ...expected, ifUid: 'uid-secret', ifResourceVersion: '7' })
  else expect(action).toBeUndefined()
  expect(releasesFor(observed, 'stranger', resource)).toEqual([])
})

it.each([
  ['keeps merged keys that a backup restored before their resource', 'absent', []],
  ['takes them out once the resource was deleted', 'deleted', [{ how: 'remove-keys', removeKeys: ['a', 'b'] }]],
] as const)('%s', (_rule, reason, expected) => {
  const observed = observedOf(ab, {
    records: new Map([['web', recordOf(ab, { creation: 'merge' })]]),
    restored: true,
  })
  expect(releasesFor(observed, 'web', reason)).toMatchObject(expected)
})

it('stops at the first Secret that cannot be released', async () => {
  const applied: string[] = []
  const writer = Object.assign(Object.create(new MemoryWriter(digester)) as MemoryWriter, {
    apply: async ({ target }: { target: { name: string } }) => {
      applied.push(target.name)
      throw new Error('the API server is away')
    },
  })
  const targets = ['one', 'two'].map((name) => observedOf(ab, { target: { namespace: 'default', name } }))
  await expect(release(writer, targets, 'web', 'moved', new AbortController().signal)).rejects.toThrow('away')
  expect(applied).toEqual(['one'])
})
