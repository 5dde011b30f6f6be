import type { MetadataName } from '@ack-secret-manager/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMeta, encodeMeta, type Meta } from './meta.ts'

const name = fc
  .tuple(fc.constantFrom('labels', 'annotations'), fc.string())
  .map(([part, key]) => `${part}/${key}` as MetadataName)
const required = {
  keys: fc
    .array(fc.tuple(fc.string(), fc.record({ secret: fc.string(), versionId: fc.string(), digest: fc.string() })))
    .map((entries) => new Map(entries)),
  digestKeyId: fc.string(),
  creation: fc.constantFrom('owner' as const, 'merge' as const),
  deletion: fc.constantFrom('delete' as const, 'retain' as const),
}
const optional = {
  metadata: fc.record({ names: fc.array(name), digest: fc.string() }),
  found: fc.array(fc.tuple(fc.string(), fc.array(fc.string()))).map((rows) => new Map(rows)),
}
const record = fc.record(
  { ...required, ...optional },
  { requiredKeys: ['keys', 'digestKeyId', 'creation', 'deletion'] },
)
const entry = fc.record({
  owner: fc.record({ apiVersion: fc.string(), kind: fc.string(), name: fc.string(), uid: fc.string() }),
  record,
})
const meta: fc.Arbitrary<Meta> = fc.record({
  uid: fc.uuid(),
  type: fc.string({ maxLength: 20 }),
  owners: fc.array(entry).map((entries) => new Map(entries.map((one) => [one.owner.name, one]))),
})

describe('metadata of a target', () => {
  it('survives a round trip', () => {
    fc.assert(
      fc.property(meta, (written) => {
        expect(decodeMeta(encodeMeta(written))).toEqual(written)
      }),
    )
  })

  it('is undefined for malformed text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => JSON.stringify({ format: 1, owners: value })),
        ),
        (text) => {
          expect(decodeMeta(text)).toBeUndefined()
        },
      ),
    )
  })
})
