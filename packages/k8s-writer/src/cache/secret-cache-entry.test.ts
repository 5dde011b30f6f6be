import { contentDigester } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cacheEntryOf, ownerNamesOf } from './secret-cache-entry.ts'
import { replacementBody } from '../replacement/replacement.ts'
import { createBody } from '../write/secret-body.ts'
import { knownOf, objectOf, ownerNamed, recordOf, TARGET } from '../testing/secrets.ts'

const PROVENANCE = 'alibabacloud.com/provenance'
const DIGEST = 'alibabacloud.com/content-digest'
const written = objectOf('db', recordOf(['a', 'b']))
const retained = objectOf('db', recordOf(['a'], { deletion: 'retain' }))
const merged = objectOf('db', recordOf(['a'], { creation: 'merge' }))
const others = { manager: 'kubectl-edit', operation: 'Update', time: 'T1' }
const [ours] = written.metadata.managedFields ?? []
const ourKeys = (...keys: string[]): object => ({
  ...ours,
  fieldsV1: { 'f:data': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) },
})
const theirKeys = (...keys: string[]): object => ({
  ...others,
  fieldsV1: { 'f:data': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) },
})

/** The object with other metadata. */
function withMetadata(object: KubeObject, change: Readonly<Record<string, unknown>>): KubeObject {
  return { metadata: { ...object.metadata, ...change } }
}
function withAnnotation(object: KubeObject, name: string, value: string | undefined): KubeObject {
  const { [name]: _former, ...rest } = object.metadata.annotations ?? {}
  return withMetadata(object, { annotations: value === undefined ? rest : { ...rest, [name]: value } })
}

describe('cacheEntryOf', () => {
  it('decodes written metadata', () => {
    expect(cacheEntryOf(written).observed).toEqual({
      target: TARGET,
      uid: 'u1',
      resourceVersion: '100',
      type: 'Opaque',
      immutable: false,
      controller: { kind: 'ExternalSecret', name: 'db', uid: 'uid-of-db' },
      records: new Map([['db', recordOf(['a', 'b'])]]),
      drifted: [],
      foreignKeys: new Set(),
      foreignMetadata: new Set(),
      adoptRequested: false,
      metadataDrifted: false,
      restored: false,
    })
  })

  it.each<[string, Readonly<Record<string, unknown>>, boolean]>([
    ['was written since it was created', {}, false],
    ['was created in the second of the write', { creationTimestamp: ours?.time }, false],
    ['was created after the write', { creationTimestamp: 'T9' }, true],
    ['has only writes of others', { managedFields: [others] }, true],
    ['has no record', { managedFields: [others], annotations: {} }, false],
  ])('knows whether an object %s', (_what, change, restored) => {
    expect(cacheEntryOf(withMetadata(merged, change)).observed.restored).toBe(restored)
  })

  it.each<[string, KubeObject, boolean?]>([
    ['written by the operator', written, false],
    ['retained', retained, false],
    ['merged', merged, false],
    ['without an owner', { metadata: { ...TARGET, labels: { app: 'web' } } }, false],
    [
      'without an owner, with the adopt annotation',
      { metadata: { ...TARGET, annotations: { 'alibabacloud.com/adopt': 'true' } } },
      false,
    ],
    [
      'with foreign labels and annotations',
      withMetadata(withAnnotation(written, 'note', 'x'), { labels: { ...written.metadata.labels, app: 'web' } }),
      false,
    ],
    [
      'without the label of created Secrets',
      withMetadata(written, { labels: { 'alibabacloud.com/managed-by': 'ack-secret-manager' } }),
      false,
    ],
    ['without labels', withMetadata(written, { labels: undefined })],
    ['with another label value', withMetadata(written, { labels: { 'alibabacloud.com/managed-by': 'me' } })],
    ['without provenance', withAnnotation(written, PROVENANCE, undefined)],
    [
      'with the provenance of another Secret',
      withAnnotation(written, PROVENANCE, retained.metadata.annotations?.[PROVENANCE]),
    ],
    ['without digest', withAnnotation(written, DIGEST, undefined)],
    ['with another digest', withAnnotation(written, DIGEST, 'k1:x')],
    ['with provenance only', withMetadata({ metadata: { ...TARGET } }, { annotations: { [PROVENANCE]: 'x' } })],
    ['without owner reference', withMetadata(written, { ownerReferences: [] })],
    [
      'with an owner reference without controller',
      withMetadata(written, { ownerReferences: [{ ...ownerNamed('db') }] }),
    ],
    [
      'with an owner reference to another resource',
      withMetadata(written, { ownerReferences: [{ ...ownerNamed('web'), controller: true }] }),
    ],
    [
      'retained, with an owner reference',
      withMetadata(retained, { ownerReferences: written.metadata.ownerReferences }),
    ],
    ['retained, without owner annotation', withAnnotation(retained, 'alibabacloud.com/owner', undefined)],
    ['retained, for another owner', withAnnotation(retained, 'alibabacloud.com/owner', 'team-a/web')],
    ['not retained, with an owner annotation', withAnnotation(written, 'alibabacloud.com/owner', 'team-a/db')],
    [
      'with only an owner reference to us',
      { metadata: { ...TARGET, ownerReferences: [{ ...ownerNamed('db'), controller: true }] } },
    ],
    [
      'of another controller',
      { metadata: { ...TARGET, ownerReferences: [{ ...ownerNamed('db'), apiVersion: 'apps/v1', controller: true }] } },
      false,
    ],
    [
      'of a controller whose group has our group as a prefix',
      {
        metadata: {
          ...TARGET,
          ownerReferences: [{ ...ownerNamed('db'), apiVersion: 'alibabacloud.com.example/v1', controller: true }],
        },
      },
      false,
    ],
  ])('when it is %s', (_what, object, expected = true) => {
    expect(cacheEntryOf(object).observed.metadataDrifted).toBe(expected)
  })

  it.each([
    ['alibabacloud.com/v1alpha1', 'ExternalSecret', 'ExternalSecret'],
    ['external-secrets.io/v1', 'ExternalSecret', 'ExternalSecret.external-secrets.io'],
    ['v1', 'ConfigMap', 'ConfigMap'],
  ])('of %s, %s controls it as %s', (apiVersion, kind, expected) => {
    const ownerReferences = [{ ...ownerNamed('db'), apiVersion, kind, controller: true }]
    expect(cacheEntryOf({ metadata: { ...TARGET, ownerReferences } }).observed.controller?.kind).toBe(expected)
  })

  it.each<[string, object[], string[], string[]]>([
    ['untouched', [ourKeys('a', 'b')], [], []],
    ['b changed by another', [ourKeys('a'), theirKeys('b')], ['b'], []],
    ['b removed by another', [ourKeys('a')], ['b'], []],
    ['c added by another', [ourKeys('a', 'b'), theirKeys('c')], [], ['c']],
    ['b applied by another with the same value', [ourKeys('a', 'b'), theirKeys('b')], [], []],
    [
      'a label of another',
      [ourKeys('a', 'b'), { ...others, fieldsV1: { 'f:metadata': { 'f:labels': { 'f:app': {} } } } }],
      [],
      [],
    ],
    ['a key that we wrote earlier and no longer record', [ourKeys('a', 'b', 'old')], [], []],
    ['managedFields cleared', [], ['a', 'b'], []],
    [
      'invalid managedFields',
      [{ manager: 7, fieldsV1: null }, { fieldsV1: { 'f:data': 'x' } }, ourKeys('a', 'b')],
      [],
      [],
    ],
  ])('finds the manager of each key: %s', (_what, managedFields, drifted, foreignKeys) => {
    const { observed } = knownOf('db', recordOf(['a', 'b']), { managedFields })
    expect({ drifted: observed.drifted, foreignKeys: [...observed.foreignKeys] }).toEqual({ drifted, foreignKeys })
  })

  it.each<[string, string, number]>([
    ['of this namespace', 'team-a/db', 1],
    ['of another namespace', 'team-b/db', 0],
    ['without a namespace', 'db', 0],
  ])('assigns a retained Secret without provenance to the owner in its annotation: one %s', (_which, owner, size) => {
    const lost = withAnnotation(withAnnotation(retained, PROVENANCE, 'x'), 'alibabacloud.com/owner', owner)
    const { observed } = cacheEntryOf(lost)
    expect(observed).toMatchObject({ metadataDrifted: true, type: undefined, drifted: [] })
    expect([...observed.records]).toEqual(
      [['db', recordOf([], { deletion: 'retain', digestKeyId: '' })]].slice(0, size),
    )
    expect(cacheEntryOf(withMetadata(lost, { labels: {} })).observed.records.size).toBe(size)
  })

  it('finds owners by records and by owner references', () => {
    const lost = withAnnotation(written, PROVENANCE, undefined)
    expect([...ownerNamesOf(cacheEntryOf(lost))]).toEqual(['db'])
    expect([...ownerNamesOf(cacheEntryOf(merged))]).toEqual(['db'])
    expect([...ownerNamesOf(cacheEntryOf({ metadata: { ...TARGET } }))]).toEqual([])
  })

  it('finds the controller among several owners', () => {
    const ownerReferences = [ownerNamed('web'), { ...ownerNamed('db'), controller: true }]
    expect(cacheEntryOf(withMetadata(written, { ownerReferences })).observed.controller?.name).toBe('db')
  })

  const keptRecord = recordOf(['a'], { deletion: 'retain' })
  const replacement = (ownerName: string, name: string = TARGET.name) => {
    const target = { ...TARGET, name }
    const owner = ownerNamed(ownerName)
    const body = createBody({ kind: 'create', target, owner, type: 'Opaque', set: new Map(), record: keptRecord })
    const digester = contentDigester(new Uint8Array(32).fill(1))
    return cacheEntryOf(replacementBody(body, ownerName, keptRecord, digester) as unknown as KubeObject)
  }

  it('assigns a replacement to its owner, without drift', () => {
    const known = replacement('db')
    expect(known.observed.metadataDrifted).toBe(false)
    expect([...ownerNamesOf(known)]).toEqual(['db'])
  })

  it('is no replacement if the recorded names are invalid', () => {
    const [longest, long] = ['x'.repeat(253), 'x'.repeat(254)]
    expect(replacement(longest, longest).replaces).toMatchObject({ ownerName: longest, target: { name: longest } })
    expect([replacement(long).replaces, replacement('db', long).replaces]).toEqual([undefined, undefined])
  })

  it('never throws for any content of our annotations', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom(PROVENANCE, DIGEST, 'alibabacloud.com/owner', 'alibabacloud.com/adopt'),
          fc.string(),
        ),
        (annotations) => {
          const { observed } = cacheEntryOf(withMetadata(written, { annotations }))
          expect(observed.records.size).toBe(0)
          expect(observed.metadataDrifted).toBe(true)
        },
      ),
    )
  })
})
