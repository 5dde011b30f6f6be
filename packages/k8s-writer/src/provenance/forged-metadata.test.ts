import { CONTENT_DIGEST_ANNOTATION } from '@ack-secret-manager/resources'
import { leastCpuMs } from '@ack-secret-manager/test-support/cpu-ms'
import { describe, expect, it } from 'vitest'
import { isMetadataDrifted } from '../drift/metadata-drift.ts'
import { contentDigestOf } from './content-digest-annotation.ts'
import { managedDataOf } from './managed-data.ts'
import { decodeProvenance } from './provenance.ts'
import { recordOf } from '../testing/secrets.ts'

const TARGET = { namespace: 'team-a', name: 'db' }
const fill = (item: (at: number) => string): string => {
  let text = item(0)
  for (let at = 1; text.length < 200_000; at += 1) text += `,${item(at)}`
  return `[${text}]`
}
const objectOf = (fields: Readonly<Record<string, string>>): string =>
  `{${Object.entries(fields)
    .map(([name, json]) => `"${name}":${json}`)
    .join()}}`
const textOf = (more: Readonly<Record<string, string>>): string =>
  objectOf({ v: '1', type: '"Opaque"', sources: '[]', owners: '[]', sum: '""', ...more })
const ownersOf = (more: Readonly<Record<string, string>>): string =>
  `[${objectOf({ name: '"db"', creation: '"owner"', deletion: '"delete"', digestKey: '""', keys: '[]', ...more })}]`

describe('metadata that a tenant has forged', () => {
  it.each<[string, string]>([
    ['empty owners', textOf({ owners: fill(() => '{}') })],
    ['numbers as owners', textOf({ owners: fill(() => '1') })],
    ['empty sources', textOf({ sources: fill(() => '[]') })],
    ['empty keys', textOf({ owners: ownersOf({ keys: fill(() => '[]') }) })],
    ['numbers as keys', textOf({ owners: ownersOf({ keys: fill(() => '1') }) })],
    ['numbers as names', textOf({ owners: ownersOf({ metadata: `{"digest":"","names":${fill(() => '1')}}` }) })],
    ['lists as found names', textOf({ owners: ownersOf({ found: `[["a",${fill(() => '[]')}]]` }) })],
    ['negative found names', textOf({ owners: ownersOf({ found: `[["a",${fill(() => '-1')}]]` }) })],
  ])('blocks the event loop for less than 60 ms: a provenance with %s', (_what, text) => {
    expect(decodeProvenance(text, TARGET)).toBeUndefined()
    expect(leastCpuMs(() => decodeProvenance(text, TARGET))).toBeLessThan(60)
  })

  it('keeps only short digests of many field managers', () => {
    const fields = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`f:${at}`, {}]))
    const entries = Array.from({ length: 2_000 }, (_, at) => ({
      manager: `manager-${at}`,
      operation: 'Apply',
      time: '2026-01-01T00:00:00Z',
      fieldsV1: { 'f:data': fields },
    }))
    const { theirs, otherWrites } = managedDataOf(entries)
    expect(theirs.size).toBe(40)
    expect(Math.max(otherWrites.length, ...[...theirs.values()].map(({ length }) => length))).toBeLessThan(100)
    const later = entries.map((entry, at) => (at === 1_999 ? { ...entry, operation: 'Update' } : entry))
    expect(managedDataOf(later).theirs.get('7')).not.toBe(theirs.get('7'))
    expect(managedDataOf(later).otherWrites).not.toBe(otherWrites)
    expect(managedDataOf([...entries]).theirs.get('7')).toBe(theirs.get('7'))
    expect(leastCpuMs(() => managedDataOf(entries))).toBeLessThan(200)
  })

  it('compares many owners with many owner references in linear time', () => {
    const names = Array.from({ length: 1_000 }, (_, at) => `db-${at}`)
    const records = new Map(names.map((name) => [name, recordOf([])]))
    const provenance = { type: 'Opaque', records, sum: '' }
    let reads = 0
    const apiVersion = 'alibabacloud.com/v1alpha1'
    const ownerReferences = names.toReversed().map((name) => ({
      get apiVersion() {
        reads += 1
        return apiVersion
      },
      kind: 'ExternalSecret',
      name,
      uid: name,
      controller: true,
    }))
    const labels = { 'alibabacloud.com/managed-by': 'ack-secret-manager' }
    const annotations = { [CONTENT_DIGEST_ANNOTATION]: contentDigestOf(provenance) }
    expect(isMetadataDrifted({ labels, annotations, ownerReferences }, TARGET, provenance)).toBe(false)
    expect(reads).toBeLessThan(10_000)
  })
})
