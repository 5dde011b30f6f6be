import { type MetadataName, recordMetadata } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { foreignMetadataOf, isSetAsRecorded, patchedMetadata } from './object-metadata.ts'
import { recordOf } from '../test-secrets.ts'

const metadataOf = (values: Partial<Record<MetadataName, string>>) =>
  new Map(Object.entries(values) as [MetadataName, string][])
const recordWith = (values: Partial<Record<MetadataName, string>>) => {
  const metadata = recordMetadata(metadataOf(values))
  return recordOf(['a'], metadata && { metadata })
}
const both = { 'labels/app': 'web', 'annotations/example.com/team': 'x y' } as const

describe('labels and annotations as they were set', () => {
  const labels = { app: 'web', other: 'z' }
  const annotations = { 'example.com/team': 'x y' }
  it.each([
    ['as they are, with others beside them', { labels, annotations }, true],
    ['one that is changed', { labels: { app: 'eve' }, annotations }, false],
    ['one that is gone', { labels, annotations: {} }, false],
    ['all that are gone', {}, false],
  ])('%s', (_what, object, expected) => expect(isSetAsRecorded(object, recordWith(both))).toBe(expected))

  it('takes nothing that JavaScript brings along for a label', () => {
    expect(isSetAsRecorded({ labels: {} }, recordWith({ 'labels/constructor': 'x' }))).toBe(false)
    expect(isSetAsRecorded({ labels: { constructor: 'x' } }, recordWith({ 'labels/constructor': 'x' }))).toBe(true)
  })

  it('asks for nothing of a record without any', () => expect(isSetAsRecorded({}, recordWith({}))).toBe(true))
})

it('tells what is in nobody’s record, our own marks aside', () => {
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
  ['sets what is wanted', both, {}, { app: 'web' }, { 'example.com/team': 'x y' }],
  ['takes off what was set and is wanted no more', {}, both, { app: null }, { 'example.com/team': null }],
  [
    'changes what is wanted otherwise',
    { 'labels/app': 'b' },
    { 'labels/app': 'a', 'labels/c': 'd' },
    { app: 'b', c: null },
    {},
  ],
  ['asks for nothing where there was nothing', {}, {}, {}, {}],
])('a patch %s', (_rule, wanted, former, labels, annotations) => {
  expect(patchedMetadata('labels', metadataOf(wanted), recordWith(former))).toEqual(labels)
  expect(patchedMetadata('annotations', metadataOf(wanted), recordWith(former))).toEqual(annotations)
})
