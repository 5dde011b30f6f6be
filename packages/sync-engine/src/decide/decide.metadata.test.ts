import { type MetadataName, type OwnerRecord, recordMetadata, type TargetMetadata } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { decide } from './decide.ts'
import { desiredOf, observedOf, OWNER, POLICY, recordOf } from '../testing/fixtures.ts'

const metadataOf = (values: Partial<Record<MetadataName, string>>): TargetMetadata =>
  new Map(Object.entries(values) as [MetadataName, string][])
const recordWith = (values: Partial<Record<MetadataName, string>>, creation: 'owner' | 'merge' = 'owner') => {
  const metadata = recordMetadata(metadataOf(values))
  return recordOf({ a: '1' }, { creation, ...(metadata && { metadata }) })
}
const app = { 'labels/app': 'web' } as const
const wanting = (values: Partial<Record<MetadataName, string>>) =>
  desiredOf({ a: '1' }, { metadata: metadataOf(values) })
const holding = (values: Partial<Record<MetadataName, string>>, more: Parameters<typeof observedOf>[1] = {}) =>
  observedOf({ a: '1' }, { records: new Map([[OWNER.name, recordWith(values)]]), ...more })
const existing = (secret: ReturnType<typeof observedOf> | undefined) => ({ secret, inspected: true })
const merge = { ...POLICY, creation: 'Merge' } as const

it('creates a target with its labels and annotations', () => {
  const action = decide(wanting(app), existing(undefined), POLICY)
  expect(action).toMatchObject({ kind: 'create', metadata: metadataOf(app), record: recordWith(app) })
})

it.each([
  ['a new one', {}, app],
  ['a changed one', { 'labels/app': 'old' }, app],
  ['one that is no longer desired', { ...app, 'annotations/b': 'x' }, app],
] as const)('changes only labels and annotations for %s', (_rule, before, after) => {
  const action = decide(wanting(after), existing(holding(before)), POLICY)
  expect(action).toMatchObject({
    kind: 'patch',
    set: new Map(),
    remove: [],
    metadata: metadataOf(after),
    repairsDrift: false,
  })
  expect(action).toHaveProperty('record.metadata', recordMetadata(metadataOf(after)))
})

it('removes the last one with a patch without desired ones', () => {
  const action = decide(wanting({}), existing(holding(app)), POLICY)
  expect(action).toMatchObject({ kind: 'patch' })
  expect(action).not.toHaveProperty('metadata')
  expect(action).not.toHaveProperty('record.metadata')
})

it('writes nothing if all are up to date, and all of them if one has drifted', () => {
  expect(decide(wanting(app), existing(holding(app)), POLICY)).toEqual({ kind: 'none' })
  const drifted = holding(app, { metadataDrifted: true })
  expect(decide(wanting(app), existing(drifted), POLICY)).toMatchObject({
    kind: 'patch',
    metadata: metadataOf(app),
    repairsDrift: true,
  })
})

it.each([
  [
    'that another resource has set',
    { records: new Map([['other', recordWith(app, 'merge')]]) },
    /another ExternalSecret, other, sets labels\/app/,
  ],
  [
    'that another user has set',
    { records: new Map(), foreignMetadata: new Set(['labels/app'] as const) },
    /another user or controller set labels\/app/,
  ],
])('Merge does not take over a label %s', (_rule, more, message) => {
  const theirs = observedOf({}, { controller: undefined, foreignKeys: new Set(['theirs']), ...more })
  const desired = desiredOf({ b: '2' }, { metadata: metadataOf(app) })
  expect(decide(desired, existing(theirs), merge)).toMatchObject({
    kind: 'refuse',
    error: { code: 'TargetConflict', message: expect.stringMatching(message) },
  })
  expect(decide(desiredOf({ b: '2' }), existing(theirs), merge)).toMatchObject({ kind: 'patch' })
})

it.each<[rule: string, record: OwnerRecord, more: Parameters<typeof observedOf>[1], kind: string]>([
  ['adds one that no one has set', recordWith({}, 'merge'), {}, 'patch'],
  ['adds one next to others', recordWith({}, 'merge'), { foreignMetadata: new Set(['labels/theirs']) }, 'patch'],
  [
    'adds none that another user has set',
    recordWith({}, 'merge'),
    { foreignMetadata: new Set(['labels/app']) },
    'refuse',
  ],
  [
    'keeps its own that another user has set',
    recordWith(app, 'merge'),
    { foreignMetadata: new Set(['labels/app']) },
    'none',
  ],
])('a Merge with a record %s', (_rule, record, more, kind) => {
  const secret = observedOf({ a: '1' }, { controller: undefined, records: new Map([[OWNER.name, record]]), ...more })
  expect(decide(wanting(app), existing(secret), merge)).toMatchObject({ kind })
})

it.each<[rule: string, own: OwnerRecord, kind: string]>([
  ['is not taken over', recordWith({}), 'refuse'],
  ['is kept if the record lists it, too', recordWith(app), 'none'],
])('a label of another resource %s', (_rule, own, kind) => {
  const records = new Map([
    ['other', recordOf({ z: '1' }, { ...recordWith(app, 'merge'), keys: new Map() })],
    [OWNER.name, own],
  ])
  expect(decide(wanting(app), existing(observedOf({ a: '1' }, { records })), POLICY)).toMatchObject({ kind })
})

it('takes over a label that another user has set on an owned Secret', () => {
  const ours = holding({}, { foreignMetadata: new Set(['labels/app'] as const) })
  expect(decide(wanting(app), existing(ours), POLICY)).toMatchObject({ kind: 'patch', metadata: metadataOf(app) })
})
