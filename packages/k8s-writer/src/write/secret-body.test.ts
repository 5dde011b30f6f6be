import { inspect } from 'node:util'
import { type PatchAction, type ReleaseAction, Sensitive } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { cacheEntryOf } from '../cache/secret-cache-entry.ts'
import { jsonBody } from '../replacement/posted-secret.ts'
import { createBody, patchBody, releaseBody } from './secret-body.ts'
import { knownOf, objectOf, ownerNamed, patchBy, recordOf, TARGET } from '../testing/secrets.ts'

const bytes = (text: string): Sensitive<Uint8Array> => new Sensitive<Uint8Array>(Buffer.from(text))
const release = (how: ReleaseAction['how'], ownerName = 'db'): ReleaseAction => ({
  kind: 'release',
  target: TARGET,
  ownerName,
  how,
  removeKeys: ['a'],
  ifUid: 'u1',
  ifResourceVersion: '100',
})
const merge = { creation: 'merge' as const }
const GONE = {
  'alibabacloud.com/provenance': null,
  'alibabacloud.com/content-digest': null,
  'alibabacloud.com/owner': null,
}

describe('request bodies', () => {
  it('a new Secret has the exact bytes', () => {
    const binary = new Sensitive(new Uint8Array(Buffer.from([1, 0, 255, 254, 9])).subarray(1, 4))
    const set = new Map([
      ['a', binary],
      ['__proto__', bytes('x')],
    ])
    const body = createBody({
      kind: 'create',
      target: TARGET,
      owner: ownerNamed('db'),
      type: 'Opaque',
      set,
      record: recordOf(['a']),
    })
    expect(JSON.stringify(body.data.expose())).toBe('{"a":"AP/+","__proto__":"eA=="}')
  })

  it('no body shows a value before it is sent', () => {
    const canary = 'correct-horse-battery'
    const known = knownOf('db', recordOf(['a']))
    const set: PatchAction['set'] = new Map([['a', bytes(canary)]])
    const action = patchBy('db', known.observed, recordOf(['a']), { set })
    const posted = createBody({ ...action, kind: 'create' })
    for (const body of [posted, patchBody(action, known)]) {
      const shown = `${JSON.stringify(body)}${inspect(body, { depth: 9, showHidden: true })}`
      expect(shown).not.toContain(Buffer.from(canary).toString('base64'))
      expect(JSON.stringify(jsonBody(body))).toContain(Buffer.from(canary).toString('base64'))
    }
  })

  it('a patch has uid, resourceVersion and the changed keys only', () => {
    const known = knownOf('db', recordOf(['a', 'b', 'c']))
    const set: PatchAction['set'] = new Map([['a', bytes('1')]])
    const body = patchBody(patchBy('db', known.observed, recordOf(['a', 'c']), { set, remove: ['b'] }), known)
    expect(body).toMatchObject({ metadata: { uid: 'u1', resourceVersion: '100' } })
    expect(body.data?.expose()).toEqual({ a: 'MQ==', b: null })
    expect(Object.keys(body)).toEqual(['metadata', 'data'])
    expect(body).not.toHaveProperty('metadata.ownerReferences')
  })

  it('a patch has the type only if the record has none or another one, so that the API server compares it', () => {
    const known = knownOf('db', recordOf(['a']))
    const patch = patchBy('db', known.observed, recordOf(['a']))
    expect(patchBody({ ...patch, type: 'example.com/other' }, known)).toHaveProperty('type', 'example.com/other')
    const unowned = knownOf('db', recordOf(['a']), { annotations: {}, labels: {}, ownerReferences: [] })
    expect(patchBody(patch, unowned)).toHaveProperty('type', patch.type)
  })

  it('a patch removes the adopt annotation', () => {
    const adopt = { annotations: { 'alibabacloud.com/adopt': 'true', theirs: 'x' }, labels: {}, ownerReferences: [] }
    const known = knownOf('db', recordOf(['a']), adopt)
    expect(known.observed.adoptRequested).toBe(true)
    const { metadata } = patchBody(patchBy('db', known.observed, recordOf(['a'])), known) as {
      metadata: { annotations: Record<string, string | null> }
    }
    expect(metadata.annotations).toHaveProperty(['alibabacloud.com/adopt'], null)
    expect(metadata.annotations).not.toHaveProperty('theirs')
  })

  it('a patch of only the record has no data', () => {
    const known = knownOf('db', recordOf(['a']))
    expect(patchBody(patchBy('db', known.observed, recordOf(['a'], { deletion: 'retain' })), known)).not.toHaveProperty(
      'data',
    )
  })

  it('a patch keeps the records of other owners', () => {
    const known = knownOf('db', recordOf(['a'], merge))
    const body = patchBody(patchBy('web', known.observed, recordOf(['b'], merge)), known)
    const after = cacheEntryOf({
      metadata: { ...objectOf('db', recordOf([])).metadata, ...(body as { metadata: object }).metadata },
    })
    expect([...after.observed.records.keys()]).toEqual(['db', 'web'])
  })

  it('a patch removes the records of former owners, and none of their keys', () => {
    const known = knownOf('db', recordOf(['a'], { deletion: 'retain' }))
    const body = patchBody(patchBy('web', known.observed, recordOf(['b']), { formerOwners: ['db'] }), known)
    const after = cacheEntryOf({
      metadata: { ...objectOf('db', recordOf([])).metadata, ...(body as { metadata: object }).metadata },
    })
    expect([...after.observed.records.keys()]).toEqual(['web'])
    expect(body).toMatchObject({ metadata: { annotations: { 'alibabacloud.com/owner': null } } })
    expect(body).not.toHaveProperty('data')
  })

  it('a patch renews the reference to a recreated owner', () => {
    const known = knownOf('db', recordOf(['a']))
    const owner = { ...ownerNamed('db'), uid: 'another' }
    expect(patchBody(patchBy('db', known.observed, recordOf(['a']), { owner }), known)).toMatchObject({
      metadata: { ownerReferences: [{ name: 'db', uid: 'another', controller: true, blockOwnerDeletion: false }] },
    })
  })

  it.each<[string, object[]]>([
    ['is not a controller', [ownerNamed('db')]],
    [
      'is duplicated',
      [1, 2].map((index) => ({ ...ownerNamed('db'), controller: true, ...(index > 1 && { uid: 'old' }) })),
    ],
  ])('a patch sends the reference to its owner when it %s', (_how, ownerReferences) => {
    const known = knownOf('db', recordOf(['a']), { ownerReferences })
    expect(patchBody(patchBy('db', known.observed, recordOf(['a'])), known)).toMatchObject({
      metadata: { ownerReferences: [{ name: 'db', uid: 'uid-of-db', controller: true }] },
    })
  })

  it('releasing a Secret without a reference to its owner sends no references', () => {
    const known = knownOf('db', recordOf(['a'], merge), { ownerReferences: [ownerNamed('web')] })
    expect(releaseBody(release('forget'), known)).not.toHaveProperty('metadata.ownerReferences')
  })

  it.each<[string, ReleaseAction, object, string[]]>([
    [
      'forgetting removes all labels and annotations of the operator, and no key',
      release('forget'),
      {
        annotations: GONE,
        labels: { 'alibabacloud.com/managed-by': null, 'app.kubernetes.io/managed-by': null },
        ownerReferences: [],
      },
      [],
    ],
    ['removing keys also removes the keys', release('remove-keys'), { annotations: GONE }, ['a']],
  ])('%s', (_rule, action, metadata, removed) => {
    const body = releaseBody(action, knownOf('db', recordOf(['a', 'b'])))
    expect(body).toMatchObject({ metadata: { uid: 'u1', resourceVersion: '100', ...metadata } })
    expect(Object.entries(body.data?.expose() ?? {})).toEqual(removed.map((key) => [key, null]))
  })

  it('releasing one of several owners keeps the record and labels of the other', () => {
    const first = knownOf('db', recordOf(['a'], merge))
    const both = patchBody(patchBy('web', first.observed, recordOf(['b'], merge)), first) as { metadata: object }
    const known = cacheEntryOf({
      metadata: { ...objectOf('db', recordOf([]), {}).metadata, ...both.metadata, ownerReferences: [] },
    })
    const body = releaseBody(release('remove-keys'), known) as { metadata: { annotations: Record<string, string> } }
    expect(body.metadata).not.toHaveProperty('labels')
    expect(JSON.parse(body.metadata.annotations['alibabacloud.com/provenance'] ?? '')).toMatchObject({
      owners: [{ name: 'web' }],
    })
  })

  it('keeps the label of another tool', () => {
    const labels = { 'alibabacloud.com/managed-by': 'ack-secret-manager', 'app.kubernetes.io/managed-by': 'Helm' }
    const body = releaseBody(release('forget'), knownOf('db', recordOf(['a']), { labels })) as {
      metadata: { labels: object }
    }
    expect(body.metadata.labels).toEqual({ 'alibabacloud.com/managed-by': null })
  })
})
