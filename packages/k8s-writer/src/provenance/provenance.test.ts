import { isSecretSyncError, type OwnerRecord } from '@ack-secret-manager/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentDigestOf } from './content-digest-annotation.ts'
import { decodeProvenance, encodeProvenance, MAX_PROVENANCE_BYTES, type Provenance } from './provenance.ts'

const TARGET = { namespace: 'team-a', name: 'db' }
const word = fc.string({ maxLength: 12 })
const key = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'password'), word)
const record: fc.Arbitrary<OwnerRecord> = fc.record(
  {
    keys: fc
      .array(fc.tuple(key, fc.record({ secret: word, versionId: word, digest: word })))
      .map((rows) => new Map(rows)),
    digestKeyId: word,
    creation: fc.constantFrom('owner' as const, 'merge' as const),
    deletion: fc.constantFrom('delete' as const, 'retain' as const),
    found: fc.array(fc.tuple(key, fc.array(word))).map((rows) => new Map(rows)),
  },
  { requiredKeys: ['keys', 'digestKeyId', 'creation', 'deletion'] },
)
const provenance: fc.Arbitrary<Provenance> = fc.record({
  type: word,
  records: fc.array(fc.tuple(key, record), { maxLength: 4 }).map((rows) => new Map(rows)),
})

describe('the provenance annotation', () => {
  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(provenance, (written) => {
        const { type, records } = decodeProvenance(encodeProvenance(written, TARGET), TARGET) ?? {}
        expect({ type, records }).toEqual(written)
      }),
    )
  })

  it('is equal for equal records in any key order', () => {
    fc.assert(
      fc.property(provenance, ({ type, records }) => {
        const reversed = new Map(
          [...records].map(([name, one]) => [name, { ...one, keys: new Map([...one.keys].toReversed()) }]),
        )
        const sources = (text: string): unknown => JSON.parse(text).owners
        expect(sources(encodeProvenance({ type, records: reversed }, TARGET))).toEqual(
          sources(encodeProvenance({ type, records }, TARGET)),
        )
        expect(contentDigestOf({ type, records: reversed })).toBe(contentDigestOf({ type, records }))
      }),
    )
  })

  it('decodes garbage to undefined without an error', () => {
    const garbage = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ v: fc.constant(1), type: word, sources: fc.jsonValue(), owners: fc.jsonValue(), sum: word })
        .map((value) => JSON.stringify(value)),
    )
    fc.assert(
      fc.property(garbage, (text) => {
        expect(decodeProvenance(text, TARGET)).toBeUndefined()
      }),
    )
  })

  it('decodes an edited text to undefined', () => {
    const edited = fc
      .tuple(provenance, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }))
      .map(([written, at, character]) => {
        const text = encodeProvenance(written, TARGET)
        const index = at % text.length
        return { text, edited: text.slice(0, index) + character + text.slice(index + 1) }
      })
    fc.assert(
      fc.property(edited, ({ text, edited: other }) => {
        fc.pre(JSON.stringify(tryParse(other)) !== JSON.stringify(tryParse(text)))
        expect(decodeProvenance(other, TARGET)).toBeUndefined()
      }),
    )
  })

  it('decodes to undefined on another Secret', () => {
    const text = encodeProvenance({ type: 'Opaque', records: new Map() }, TARGET)
    expect(decodeProvenance(text, TARGET)).toBeDefined()
    expect(decodeProvenance(text, { ...TARGET, name: 'copy' })).toBeUndefined()
    expect(decodeProvenance(text, { ...TARGET, namespace: 'team-b' })).toBeUndefined()
  })

  it('contains each secret version once', () => {
    const one = {
      secret: 'app/a-rather-long-name',
      versionId: '00000000-0000-4000-8000-000000000000',
      digest: 'd'.repeat(22),
    }
    const keys = new Map(Array.from({ length: 100 }, (_, index) => [`key-${index}`, one]))
    const records = new Map([
      ['web', { keys, digestKeyId: 'k', creation: 'owner' as const, deletion: 'delete' as const }],
    ])
    const text = encodeProvenance({ type: 'Opaque', records }, TARGET)
    expect(text.split(one.secret)).toHaveLength(2)
    expect(text.length).toBeLessThan(100 * 45)
  })

  it('contains the name of a found secret that has a key once', () => {
    const secret = 'app/a-rather-long-name'
    const plain = { digestKeyId: 'k', creation: 'owner' as const, deletion: 'delete' as const }
    const keys = new Map([['a', { secret, versionId: 'v', digest: 'd' }]])
    const found = new Map([['find', [secret, 'app/without-key']]])
    const text = encodeProvenance({ type: 'Opaque', records: new Map([['web', { ...plain, keys, found }]]) }, TARGET)
    expect(text.split(secret)).toHaveLength(2)
    expect(decodeProvenance(text, TARGET)?.records.get('web')?.found).toEqual(found)
  })

  it('of 1,000 found secrets with names of usual length fits', () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `team-a/production/service-${index}`)
    const rows = names.map(
      (secret) =>
        [
          secret.replaceAll('/', '_'),
          { secret, versionId: '00000000-0000-4000-8000-000000000000', digest: 'd'.repeat(22) },
        ] as const,
    )
    const plain = { digestKeyId: 'k', creation: 'owner' as const, deletion: 'delete' as const }
    const records = new Map([['web', { ...plain, keys: new Map(rows), found: new Map([['find', names]]) }]])
    expect(encodeProvenance({ type: 'Opaque', records }, TARGET).length).toBeLessThan(MAX_PROVENANCE_BYTES)
  })

  it('has a size limit', () => {
    const keys = new Map([['k', { secret: 'x'.repeat(MAX_PROVENANCE_BYTES), versionId: 'v', digest: 'd' }]])
    const records = new Map([
      ['web', { keys, digestKeyId: 'k', creation: 'owner' as const, deletion: 'delete' as const }],
    ])
    const encode = (): string => encodeProvenance({ type: 'Opaque', records }, TARGET)
    expect(encode).toThrow('team-a/db')
    expect(encode).toThrow(expect.toSatisfy((error: unknown) => isSecretSyncError(error) && error.code === 'TooLarge'))
    expect(decodeProvenance(' '.repeat(MAX_PROVENANCE_BYTES + 1), TARGET)).toBeUndefined()
  })
})

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
