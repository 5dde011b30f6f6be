import { expect, it } from 'vitest'
import { type RemovedMetadata, removalPatch } from './metadata-removal.ts'

const SECRET = {
  metadata: {
    uid: 'u1',
    resourceVersion: '1',
    labels: { 'alibabacloud.com/managed-by': 'ack-secret-manager', team: 'theirs' },
    annotations: { 'alibabacloud.com/digest': 'x', 'alibabacloud.com/sources': 'y', note: 'theirs' },
  },
}
const labels = { 'alibabacloud.com/managed-by': null }
const annotations = { 'alibabacloud.com/digest': null, 'alibabacloud.com/sources': null }

it.each<[RemovedMetadata, number, object]>([
  ['labels', 0, { labels }],
  ['annotations', 0, { annotations }],
  ['all', 0, { labels, annotations }],
  ['one', 0, { labels, annotations: {} }],
  ['one', 1, { labels: {}, annotations: { 'alibabacloud.com/digest': null } }],
  ['one', 2, { labels: {}, annotations: { 'alibabacloud.com/sources': null } }],
  ['one', 3, { labels, annotations: {} }],
])('removes %s of the operator (%d) and keeps the metadata of users', (what, at, metadata) => {
  expect(removalPatch(SECRET, what, at)).toEqual({ metadata })
})

it('removes nothing without metadata of the operator', () => {
  const { uid, resourceVersion } = SECRET.metadata
  const bare = { metadata: { uid, resourceVersion } }
  expect(removalPatch(bare, 'one', 3)).toEqual({ metadata: { labels: {}, annotations: {} } })
})
