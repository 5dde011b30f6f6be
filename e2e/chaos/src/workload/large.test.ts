import { expect, it } from 'vitest'
import {
  costlyDocuments,
  costlyObject,
  createLargeWorkload,
  hasLargeObjects,
  LARGE_OBJECTS,
  largeObject,
} from './large.ts'

const ETCD_BYTES = 1_572_864
const KMS_BYTES = 30_720
const SEEDS = Array.from({ length: 200 }, (_, seed) => seed)

it('creates objects near the limit of etcd, together more than 32 MiB in one list', () => {
  const objects = Array.from({ length: LARGE_OBJECTS }, (_, index) => largeObject(index, 0))
  for (const object of objects) expect(JSON.stringify(object).length).toBeLessThan(ETCD_BYTES - 50_000)
  const large = objects.filter(({ kind }) => kind === 'ExternalSecret')
  for (const object of large) expect(JSON.stringify(object).length).toBeGreaterThan(1_400_000)
  const listed = objects
    .filter(({ kind }) => kind === 'Secret')
    .map((one) => JSON.stringify(one).replaceAll('<', '\\u003c'))
  expect(listed.join('').length).toBeGreaterThan(32 * 1024 * 1024)
})

it('creates a different object for each state', () => {
  for (const index of [0, LARGE_OBJECTS - 1]) expect(largeObject(index, 0)).not.toEqual(largeObject(index, 1))
})

it('creates documents near the limit of KMS, one for each entry', () => {
  const documents = costlyDocuments(7)
  for (const { data } of documents) expect(Buffer.byteLength(data)).toBeLessThanOrEqual(KMS_BYTES)
  for (const { data } of documents) expect(Buffer.byteLength(data)).toBeGreaterThan(24_000)
  const { data } = costlyObject().spec as { data: { key: string }[] }
  expect(data.map(({ key }) => key)).toEqual(documents.map(({ name }) => name))
})

it('is part of about one of four runs', () => {
  const count = SEEDS.filter(hasLargeObjects).length
  expect(count).toBeGreaterThan(30)
  expect(count).toBeLessThan(70)
  for (const seed of SEEDS) expect(createLargeWorkload(seed, 60_000).length > 0).toBe(hasLargeObjects(seed))
})

it('creates again what it deletes, before anything else changes it', () => {
  for (const seed of SEEDS) {
    const deleted = new Set<number>()
    for (const action of createLargeWorkload(seed, 60_000)) {
      if (!('large' in action)) continue
      if (action.kind === 'delete-large') expect(deleted.has(action.large)).toBe(false)
      if (action.kind === 'delete-large') deleted.add(action.large)
      else deleted.delete(action.large)
    }
    expect(deleted.size).toBe(0)
  }
})
