import { recordMetadata } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { decide, updateDeletionPolicy } from './decide.ts'
import type { EntryFailure } from '../model/desired-secret.ts'
import { desiredOf, entryFailure, observedOf, OWNER, POLICY, recordOf, usedSource } from '../testing/fixtures.ts'

const failure = (secret: string, keys?: readonly string[]) => entryFailure(secret, keys)
/** Keys, each with its secret. */
const held = (origins: Record<string, string>) => {
  const record = recordOf(Object.fromEntries(Object.keys(origins).map((key) => [key, key])))
  const keys = [...record.keys].map(([key, from]) => [key, { ...from, secret: origins[key] ?? '' }] as const)
  return { ...record, keys: new Map(keys) }
}
const existing = (record: ReturnType<typeof recordOf>, more: Parameters<typeof observedOf>[1] = {}) => ({
  secret: observedOf({}, { records: new Map([[OWNER.name, record]]), ...more }),
  inspected: true,
})
/** The keys that remain when `given` was read and the other secrets failed. */
const left = (origins: Record<string, string>, given: Record<string, string>, failures: readonly EntryFailure[]) => {
  const read = desiredOf(Object.fromEntries(Object.keys(given).map((key) => [key, key])))
  const data = new Map([...read.data].map(([key, value]) => [key, { ...value, secret: given[key] ?? '' }]))
  const sources = [...new Set(Object.values(given))].map(usedSource)
  const action = decide({ ...read, data, sources, failures }, existing(held(origins)), POLICY)
  if (action.kind === 'none') return Object.keys(origins).toSorted()
  return action.kind === 'patch' ? [...action.record.keys.keys()].toSorted() : action.kind
}

describe('keys that left the spec, while a source cannot be read', () => {
  const document = { a: 'app/config', b: 'app/config' }

  it.each([
    ['their document is misspelt', document, {}, [failure('app/confg')], ['a', 'b']],
    [
      'their entry, which has no name of its own, is misspelt',
      { 'app-db': 'app-db' },
      {},
      [failure('app-dbb', ['app-dbb'])],
      ['app-db'],
    ],
    ['their alias is renamed', { x: 'app/config' }, {}, [failure('app/config', ['y'])], ['x']],
    ['all is to come from elsewhere', { x: 'app/a', y: 'app/a' }, {}, [failure('app/b', ['x', 'z'])], ['x', 'y']],
    [
      'one of two documents is misspelt',
      { ok: 'ok', ...document },
      { ok: 'ok' },
      [failure('app/confg')],
      ['a', 'b', 'ok'],
    ],
    ['one of two aliases is renamed', { ok: 'ok', x: 'app/x' }, { ok: 'ok' }, [failure('app/x', ['y'])], ['ok', 'x']],
    [
      'templates gave them, and one of their secrets fails',
      { ok: 'ok', dsn: 'template of app/x, app/y' },
      { ok: 'ok' },
      [failure('app/x', ['x'])],
      ['dsn', 'ok'],
    ],
    [
      'one of two secrets of one name fails, and its keys are unknown',
      { a: 'db', b: 'db' },
      { a: 'db' },
      [failure('db')],
      ['a', 'b'],
    ],
  ] as const)('stay if %s', (_rule, origins, given, failures, expected) => {
    expect(left(origins, given, failures)).toEqual(expected)
  })

  it('stay if the target would be empty', () => {
    const empty = { ...desiredOf({}), sources: [usedSource('app/doc')], failures: [failure('app/other', ['b'])] }
    expect(decide(empty, existing(held({ a: 'app/doc' })), POLICY)).toEqual({ kind: 'none' })
  })

  it.each([
    [
      'their document was read without them',
      { a: 'app/doc', b: 'app/doc', c: 'app/c' },
      { a: 'app/doc' },
      [failure('app/c', ['c'])],
      ['a', 'c'],
    ],
    [
      'their document was read without them, and something new fails',
      { a: 'app/doc', b: 'app/doc' },
      { a: 'app/doc' },
      [failure('app/c', ['c'])],
      ['a'],
    ],
    [
      'the spec no longer names them while another source fails',
      { a: 'app/a', b: 'app/b', c: 'app/c' },
      { a: 'app/a' },
      [failure('app/c', ['c'])],
      ['a', 'c'],
    ],
    [
      'the spec no longer names them and no named source can be read',
      { a: 'app/a', b: 'app/b' },
      {},
      [failure('app/b', ['b'])],
      ['b'],
    ],
    [
      'the spec no longer names them while a new source fails for an existing key',
      { a: 'app/a', b: 'app/b', c: 'app/c' },
      { a: 'app/a' },
      [failure('app/d', ['c'])],
      ['a', 'c'],
    ],
    [
      'their document was read without them, and another version of it fails',
      { a: 'app/doc', b: 'app/doc', old: 'app/doc' },
      { a: 'app/doc' },
      [failure('app/doc', ['old'])],
      ['a', 'old'],
    ],
    ['all was read', { a: 'app/a', b: 'app/b' }, { a: 'app/a' }, [], ['a']],
  ] as const)('are removed if %s', (_rule, origins, given, failures, expected) => {
    expect(left(origins, given, failures)).toEqual(expected)
  })
})

describe('a target whose content cannot be written yet', () => {
  const a = { a: 'app/a' }
  const waiting = { ...desiredOf({ b: 'new' }), failures: [failure('app/a', ['a'])] }
  const block = { ...POLICY, onKeyFailure: 'Block' } as const
  const retain = { ...block, deletion: 'Retain' } as const
  const labelled = {
    ...held(a),
    metadata: recordMetadata(new Map([['labels/app', 'web']])) ?? { names: [], digest: '' },
  }

  it.each([
    ['another type', { type: 'example.com/mine' }],
    ['no other change', {}],
  ])('is retained at once after the spec requests it, with %s', (_what, more) => {
    expect(decide({ ...waiting, ...more }, existing(labelled), retain)).toEqual({
      kind: 'patch',
      target: waiting.target,
      owner: OWNER,
      type: 'Opaque',
      ifUid: 'uid-secret',
      ifResourceVersion: '7',
      set: new Map(),
      remove: [],
      record: { ...labelled, deletion: 'retain' },
      adopts: false,
      repairsDrift: false,
    })
  })

  it('is otherwise unchanged', () => {
    expect(decide(waiting, existing(labelled), block)).toEqual({ kind: 'none' })
    expect(decide(waiting, existing(labelled, { metadataDrifted: true }), block)).toEqual({ kind: 'none' })
    expect(decide(waiting, existing({ ...labelled, deletion: 'retain' }), retain)).toEqual({ kind: 'none' })
  })

  it('is not retained before a merged target is adopted', () => {
    const merged = { ...held(a), creation: 'merge' } as const
    const asked = { ...desiredOf({}), type: 'example.com/mine' }
    expect(updateDeletionPolicy(asked, existing(merged).secret, retain)).toBeUndefined()
    expect(updateDeletionPolicy(asked, existing(merged).secret, { ...retain, creation: 'Merge' })).toMatchObject({
      kind: 'patch',
    })
  })

  it('is not retained for another owner', () => {
    const theirs = existing(held(a), { controller: { kind: 'Certificate', name: 'tls', uid: 'u' } })
    expect(decide(waiting, theirs, retain)).toMatchObject({ kind: 'refuse' })
  })
})
