import { createHash } from 'node:crypto'
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
  [
    'an invalid provenance annotation that is too long to be decoded',
    { annotations: { 'alibabacloud.com/provenance': ','.repeat(250_000) } },
    0,
  ],
  [
    'a replacement annotation, which is not kept',
    { annotations: { 'alibabacloud.com/replacement': 'x'.repeat(250_000) } },
    0,
  ],
  ['many managers', { managedFields: many(2_000, (at) => ({ manager: `manager-${at}`, time: 'T0' })) }, 10 * 1_024],
])('counts %s, and little more', (_what, metadata, atLeast) => {
  const { excessBytes } = cacheEntryOf({ metadata })
  for (const bytes of [excessBytesOf(metadata), excessBytes]) {
    expect(bytes).toBeGreaterThanOrEqual(atLeast)
    expect(bytes).toBeLessThanOrEqual(atLeast * 6)
  }
  expect(excessBytes).toBeLessThanOrEqual(excessBytesOf(metadata))
})

it('counts nothing for a provenance annotation that turns out to be invalid', () => {
  const metadata = { annotations: { 'alibabacloud.com/provenance': ','.repeat(100_000) } }
  expect(excessBytesOf(metadata)).toBeGreaterThan(7_000_000)
  expect(cacheEntryOf({ metadata }).excessBytes).toBe(0)
})

it('counts the records that are kept, not the rows of the annotation', () => {
  const rows = Array.from({ length: 10_000 }, () => ['a', 0, ''])
  const owner = { name: 'db', creation: 'owner', deletion: 'delete', digestKey: '', keys: rows }
  const [v, type, sources] = [1, 'Opaque', [['s', '1']]]
  const checked = ['', '', v, type, sources, [['db', 'owner', 'delete', '', rows]]]
  const sum = createHash('sha256').update(JSON.stringify(checked)).digest('base64url').slice(0, 12)
  const text = JSON.stringify({ v, type, sources, owners: [owner], sum })
  const entry = cacheEntryOf({ metadata: { annotations: { 'alibabacloud.com/provenance': text } } })
  expect(entry.recorded.get('db')?.keys.size).toBe(1)
  expect(entry.excessBytes).toBeLessThan(text.length)
})

it('estimates at least the memory of entries with many short items', () => {
  // Measured: 200 bytes of heap for a key of a record, 63 for a key of others, 73 for an annotation.
  const record = recordOf([], {
    keys: new Map(keys(1_000, '').map((key) => [key, { secret: 'a', versionId: '1', digest: '' }])),
  })
  const { annotations = {} } = objectOf('db', record).metadata
  expect(entryBytesOf({ annotations })).toBeGreaterThan(1_000 * 200)
  expect(entryBytesOf({ annotations: names(1_000) })).toBeGreaterThan(1_000 * 73)
})
