import { contentDigester, type OwnerRecord, recordMetadata, Sensitive } from '@ack-secret-manager/core'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { describe, expect, it } from 'vitest'
import { cacheEntryOf } from '../cache/secret-cache-entry.ts'
import { jsonBody, type PostedSecret } from '../replacement/posted-secret.ts'
import { ownerNamed, recordOf, TARGET } from '../testing/secrets.ts'
import { createBody } from './secret-body.ts'
import {
  changedUnsentKeys,
  changesByAdmission,
  changesOfNew,
  differsFromRecord,
  type StoredSecret,
} from './stored-secret.ts'

const VALUE = 'canary-2f61'
const digester = contentDigester(new Uint8Array(32).fill(1))
const metadata = new Map([
  ['labels/team', 'payments'],
  ['annotations/note', VALUE],
] as const)
const bytes = new Map(['a', 'b', '__proto__'].map((key) => [key, new Sensitive<Uint8Array>(Buffer.from(VALUE))]))

function record(more: Partial<OwnerRecord> = {}): OwnerRecord {
  const keys = [...bytes].map(([key, value]) => {
    const secret = key === 'b' ? 'template of app/db' : 'app/db'
    return [key, { secret, versionId: 'v1', digest: digester.digest(TARGET, key, value.expose()) }] as const
  })
  return {
    ...recordOf([]),
    keys: new Map(keys),
    digestKeyId: digester.keyId,
    metadata: recordMetadata(metadata)!,
    ...more,
  }
}

function sent(more: Partial<OwnerRecord> = {}): PostedSecret {
  const [owner, type] = [ownerNamed('db'), 'Opaque']
  return createBody({ kind: 'create', target: TARGET, owner, type, set: bytes, metadata, record: record(more) })
}

interface Stored {
  readonly metadata: Readonly<Record<string, Record<string, string>>> & { readonly ownerReferences: readonly object[] }
  readonly data: Record<string, string>
  readonly [field: string]: unknown
}

/** The response to a POST, with the changes of a policy. */
function stored(body: PostedSecret, change: (object: Stored) => object = () => ({})): StoredSecret {
  const copy = JSON.parse(JSON.stringify(jsonBody(body))) as Stored
  const object = { ...copy, ...change(copy) } as unknown as KubeObject
  return { entry: cacheEntryOf(object), object }
}

const inMetadata =
  (part: string, names: Readonly<Record<string, string | undefined>>) =>
  ({ metadata: found }: Stored): object => ({ metadata: { ...found, [part]: { ...found[part], ...names } } })
const inData =
  (keys: Readonly<Record<string, string | undefined>>) =>
  ({ data }: Stored): object => ({ data: { ...data, ...keys } })
const without =
  (...keys: readonly string[]) =>
  ({ data }: Stored): object => ({
    data: Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key))),
  })

describe('changes by admission', () => {
  it.each<[string, (object: Stored) => object, readonly string[]]>([
    ['nothing', () => ({}), []],
    ['a value', inData({ a: 'b3RoZXI=' }), ['changed key a']],
    ['a removed key', without('a'), ['removed key a']],
    [
      'no data at all',
      () => ({ data: undefined }),
      ['removed key a', 'removed a rendered key', 'removed key __proto__'],
    ],
    ['a rendered key, whose name may contain a value', inData({ b: '' }), ['changed a rendered key']],
    ['the type', () => ({ type: 'example.com/other' }), ['changed the type']],
    [
      'marks of the operator',
      inMetadata('labels', { 'alibabacloud.com/managed-by': undefined }),
      ['removed label alibabacloud.com/managed-by'],
    ],
    [
      'the record',
      inMetadata('annotations', { 'alibabacloud.com/provenance': '{}' }),
      ['changed annotation alibabacloud.com/provenance'],
    ],
    ['a label of the spec', inMetadata('labels', { team: 'other' }), ['changed a label of the spec']],
    [
      'an annotation of the spec',
      inMetadata('annotations', { note: undefined }),
      ['removed an annotation of the spec'],
    ],
    [
      'the owner reference',
      ({ metadata: found }) => ({ metadata: { ...found, ownerReferences: [] } }),
      ['changed the ownerReferences'],
    ],
    ['another key', inData({ z: 'YWRkZWQ=' }), []],
    ['other metadata', inMetadata('labels', { 'cost-center': '42' }), []],
    ['the optional mark of the creator', inMetadata('labels', { 'app.kubernetes.io/managed-by': 'other' }), []],
    [
      'the reference of another owner',
      ({ metadata: found }) => ({
        metadata: {
          ...found,
          ownerReferences: [...found.ownerReferences, { apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'uid-of-x' }],
        },
      }),
      [],
    ],
  ])('%s', (_what, change, changes) => {
    const body = sent()
    expect(changesOfNew(body, 'db', stored(body, change))).toEqual(changes)
  })

  it('an owner reference that a retained Secret must not have', () => {
    const body = sent({ deletion: 'retain' })
    const { ownerReferences } = sent().metadata
    const response = stored(body, ({ metadata: found }) => ({ metadata: { ...found, ownerReferences } }))
    expect(changesOfNew(body, 'db', response)).toEqual(['changed the ownerReferences'])
  })

  it('the mark of an immutable Secret', () => {
    const body = sent({ immutable: true })
    expect(changesOfNew(body, 'db', stored(body))).toEqual([])
    expect(
      changesOfNew(
        body,
        'db',
        stored(body, () => ({ immutable: undefined })),
      ),
    ).toEqual(['removed immutable: true'])
  })

  it('finds no change in a patch that removes keys, annotations and nothing else', () => {
    const body = {
      metadata: { uid: 'u1', resourceVersion: '1', annotations: { 'alibabacloud.com/adopt': null } },
      data: new Sensitive({ a: null }),
    }
    const response = stored(sent())
    const { references } = response.entry
    const patch = { body, type: 'Opaque', record: record(), ownerName: 'db', references }
    expect(changesByAdmission(patch, response)).toEqual([])
  })
})

describe('keys that a patch does not send', () => {
  const patch = (data: Readonly<Record<string, string>>) => ({
    metadata: { uid: 'u1', resourceVersion: '1' },
    data: new Sensitive(data),
  })
  const before = cacheEntryOf({ metadata: sent().metadata })
  /** Metadata shows these keys as written by others before. */
  const drifted = (...keys: readonly string[]) => ({ observed: { ...before.observed, drifted: keys } })

  it.each<[string, (object: Stored) => object, readonly string[], readonly string[]]>([
    ['are as recorded', () => ({}), [], []],
    ['were changed', inData({ b: 'b3RoZXI=' }), [], ['b']],
    ['were removed', without('b', '__proto__'), [], ['b', '__proto__']],
    ['had changed before', inData({ b: 'b3RoZXI=' }), ['b'], []],
    ['were sent after all', inData({ a: 'b3RoZXI=' }), [], []],
  ])('%s', (_what, change, earlier, changed) => {
    const found = changedUnsentKeys(patch({ a: 'eA==' }), stored(sent(), change), drifted(...earlier), digester)
    expect(found).toEqual(new Set(changed))
  })

  it('cannot be compared with digests of another key', () => {
    const other = contentDigester(new Uint8Array(32).fill(2))
    const response = stored(sent(), inData({ b: 'b3RoZXI=' }))
    expect(changedUnsentKeys(patch({}), response, drifted(), other).size).toBe(0)
  })
})

it.each<[string, (object: Stored) => object, boolean]>([
  ['as recorded', () => ({}), false],
  ['another value', inData({ a: 'b3RoZXI=' }), true],
  ['another type', () => ({ type: 'example.com/other' }), true],
  ['another key in addition', inData({ z: 'eA==' }), false],
])('differs from its record: %s', (_what, change, differs) =>
  expect(differsFromRecord(stored(sent(), change).object, digester)).toBe(differs),
)
