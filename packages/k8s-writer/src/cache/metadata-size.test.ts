import { expect, it } from 'vitest'
import { objectOf, recordOf } from '../testing/secrets.ts'
import { cacheEntryOf, excessBytesOf } from './secret-cache-entry.ts'
import { entryBytesOf } from './metadata-size.ts'

const many = <T>(count: number, item: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => item(at))
const keys = (count: number, name = 'KEY_NUMBER_'): readonly string[] => many(count, (at) => `${name}${at}`)
const names = (count: number) => Object.fromEntries(many(count, (at) => [`n${at}`, '']))

it.each([
  ['few keys', objectOf('db', recordOf(keys(10))).metadata, 0],
  ['many keys', objectOf('db', recordOf(keys(1_000))).metadata, 100 * 1_024],
  ['one long annotation of others, which is not kept', { annotations: { text: 'x'.repeat(200_000) } }, 0],
  ['many annotations', { annotations: names(1_000) }, 60 * 1_024],
  ['many labels', { labels: names(1_000) }, 60 * 1_024],
  ['a long owner annotation', { annotations: { 'alibabacloud.com/owner': 'x'.repeat(100_000) } }, 80 * 1_024],
  [
    'many references',
    { ownerReferences: many(1_000, () => ({ apiVersion: 'v1', kind: 'A', name: 'a', uid: 'u' })) },
    100 * 1_024,
  ],
  ['many keys of others', { managedFields: [{ manager: 'x', fieldsV1: { 'f:data': names(1_000) } }] }, 60 * 1_024],
  ['many managers', { managedFields: many(2_000, (at) => ({ manager: `manager-${at}`, time: 'T0' })) }, 10 * 1_024],
])('counts %s', (_what, metadata, atLeast) => {
  const bytes = excessBytesOf(metadata)
  expect(bytes).toBeGreaterThanOrEqual(atLeast)
  if (atLeast === 0) expect(bytes).toBe(0)
  expect(cacheEntryOf({ metadata }).excessBytes).toBe(bytes)
})

it('estimates no less than the memory of the entries with the most items for their text', () => {
  // Measured: 200 bytes of heap for a key of a record, 63 for a key of others, 73 for an annotation.
  const record = recordOf([], {
    keys: new Map(keys(1_000, '').map((key) => [key, { secret: 'a', versionId: '1', digest: '' }])),
  })
  const { annotations = {} } = objectOf('db', record).metadata
  expect(entryBytesOf({ annotations })).toBeGreaterThan(1_000 * 200)
  expect(entryBytesOf({ annotations: names(1_000) })).toBeGreaterThan(1_000 * 73)
})
