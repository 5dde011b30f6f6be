import { type MetadataName, recordMetadata } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { foreignMetadataOf, isSetAsRecorded, patchedMetadata } from './object-metadata.ts'
import { recordOf } from '../testing/secrets.ts'

const metadataOf = (values: Partial<Record<MetadataName, string>>) =>
  new Map(Object.entries(values) as [MetadataName, string][])
const recordWith = (values: Partial<Record<MetadataName, string>>) => {
  const metadata = recordMetadata(metadataOf(values))
  return recordOf(['a'], metadata && { metadata })
}
const both = { 'labels/app': 'web', 'annotations/example.com/team': 'x y' } as const

describe('isSetAsRecorded', () => {
  const labels = { app: 'web', other: 'z' }
  const annotations = { 'example.com/team': 'x y' }
  it.each([
    ['as set, with foreign ones', { labels, annotations }, true],
    ['one changed', { labels: { app: 'eve' }, annotations }, false],
    ['one missing', { labels, annotations: {} }, false],
    ['all missing', {}, false],
  ])('%s', (_what, object, expected) => expect(isSetAsRecorded(object, recordWith(both))).toBe(expected))

  it('does not take a property of Object.prototype for a label', () => {
    expect(isSetAsRecorded({ labels: {} }, recordWith({ 'labels/constructor': 'x' }))).toBe(false)
    expect(isSetAsRecorded({ labels: { constructor: 'x' } }, recordWith({ 'labels/constructor': 'x' }))).toBe(true)
  })

  it('accepts a record without metadata', () => expect(isSetAsRecorded({}, recordWith({}))).toBe(true))
})

it('returns names without a record, except those of the operator', () => {
  const labels = { app: 'web', tier: 'a', 'alibabacloud.com/managed-by': 'x', 'app.kubernetes.io/managed-by': 'Helm' }
  const annotations = { note: 'y', 'alibabacloud.com/provenance': '{}' }
  const records = new Map([['db', recordWith({ 'labels/app': 'web' })]])
  expect(foreignMetadataOf({ labels, annotations }, records)).toEqual(
    new Set(['labels/tier', 'labels/app.kubernetes.io/managed-by', 'annotations/note']),
  )
  const ours = { 'app.kubernetes.io/managed-by': 'ack-secret-manager' }
  expect(foreignMetadataOf({ labels: ours }, records)).toEqual(new Set())
})

it.each([
  ['sets desired ones', both, {}, { app: 'web' }, { 'example.com/team': 'x y' }],
  ['removes former ones that are no longer desired', {}, both, { app: null }, { 'example.com/team': null }],
  ['changes desired values', { 'labels/app': 'b' }, { 'labels/app': 'a', 'labels/c': 'd' }, { app: 'b', c: null }, {}],
  ['is empty without any', {}, {}, {}, {}],
])('a patch %s', (_rule, wanted, former, labels, annotations) => {
  expect(patchedMetadata('labels', metadataOf(wanted), recordWith(former))).toEqual(labels)
  expect(patchedMetadata('annotations', metadataOf(wanted), recordWith(former))).toEqual(annotations)
})
