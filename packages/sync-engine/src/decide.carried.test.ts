import { recordMetadata, SecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import type { EntryFailure, UsedSource } from './desired-secret.ts'
import { desiredOf, observedOf, OWNER, POLICY, recordOf } from './testing/fixtures.ts'

const failure = (secret: string, keys?: readonly string[]): EntryFailure => ({
  field: 'spec.data[0]',
  secret,
  error: new SecretSyncError('NotFound', `secret ${secret} does not exist`),
  keys,
  stale: false,
})
const source = (secret: string): UsedSource => ({
  secret,
  versionStage: 'ACSCurrent',
  versionId: 'v1',
  type: 'Generic',
  rotation: undefined,
})
/** Keys with the secret that each has come from. */
const held = (origins: Record<string, string>) => {
  const record = recordOf(Object.fromEntries(Object.keys(origins).map((key) => [key, key])))
  const keys = [...record.keys].map(([key, from]) => [key, { ...from, secret: origins[key] ?? '' }] as const)
  return { ...record, keys: new Map(keys) }
}
const seen = (record: ReturnType<typeof recordOf>, more: Parameters<typeof observedOf>[1] = {}) => ({
  secret: observedOf({}, { records: new Map([[OWNER.name, record]]), ...more }),
  inspected: true,
})
/** What is left of the keys when `given` was read from its secrets, and the rest failed. */
const left = (origins: Record<string, string>, given: Record<string, string>, failures: readonly EntryFailure[]) => {
  const read = desiredOf(Object.fromEntries(Object.keys(given).map((key) => [key, key])))
  const data = new Map([...read.data].map(([key, value]) => [key, { ...value, secret: given[key] ?? '' }]))
  const sources = [...new Set(Object.values(given))].map(source)
  const action = decide({ ...read, data, sources, failures }, seen(held(origins)), POLICY)
  if (action.kind === 'none') return Object.keys(origins).toSorted()
  return action.kind === 'patch' ? [...action.record.keys.keys()].toSorted() : action.kind
}

describe('keys that are not given any more, as long as something cannot be read', () => {
  const document = { a: 'app/config', b: 'app/config' }

  it.each([
    ['nothing was read: a misspelt document', document, {}, [failure('app/confg')], ['a', 'b']],
    [
      'nothing was read: a misspelt key that names itself',
      { 'app-db': 'app-db' },
      {},
      [failure('app-dbb', ['app-dbb'])],
      ['app-db'],
    ],
    ['nothing was read: an alias renamed', { x: 'app/config' }, {}, [failure('app/config', ['y'])], ['x']],
    ['nothing was read: an entry that is gone', { a: 'app/a', b: 'app/b' }, {}, [failure('app/b', ['b'])], ['a', 'b']],
    [
      'one of two documents is misspelt',
      { ok: 'ok', ...document },
      { ok: 'ok' },
      [failure('app/confg')],
      ['a', 'b', 'ok'],
    ],
    ['one of two aliases is renamed', { ok: 'ok', x: 'app/x' }, { ok: 'ok' }, [failure('app/x', ['y'])], ['ok', 'x']],
    [
      'what templates gave, and one of their secrets fails',
      { ok: 'ok', dsn: 'template of app/x, app/y' },
      { ok: 'ok' },
      [failure('app/x', ['x'])],
      ['dsn', 'ok'],
    ],
  ] as const)('stay where %s', (_rule, origins, given, failures, expected) => {
    expect(left(origins, given, failures)).toEqual(expected)
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
      'they are named no more, and what fails has given its keys long since',
      { a: 'app/a', b: 'app/b', c: 'app/c' },
      { a: 'app/a' },
      [failure('app/c', ['c'])],
      ['a', 'c'],
    ],
    [
      'they are named no more, and another secret fails for a key that is there',
      { a: 'app/a', b: 'app/b', c: 'app/c' },
      { a: 'app/a' },
      [failure('app/d', ['c'])],
      ['a', 'c'],
    ],
    ['all was read', { a: 'app/a', b: 'app/b' }, { a: 'app/a' }, [], ['a']],
  ] as const)('go where %s', (_rule, origins, given, failures, expected) => {
    expect(left(origins, given, failures)).toEqual(expected)
  })
})

describe('a target whose content waits', () => {
  const a = { a: 'app/a' }
  const waiting = { ...desiredOf({}), failures: [failure('app/a', ['a'])] }
  const labelled = {
    ...held(a),
    metadata: recordMetadata(new Map([['labels/app', 'web']])) ?? { names: [], digest: '' },
  }

  it.each([
    ['KeepPrevious', {}],
    ['Block', { b: 'new' }],
  ] as const)('is retained as soon as that is asked for, with %s', (onKeyFailure, read) => {
    const policy = { ...POLICY, onKeyFailure, deletion: 'Retain' } as const
    expect(decide({ ...waiting, data: desiredOf(read).data }, seen(held(a)), policy)).toMatchObject({
      kind: 'patch',
      set: new Map(),
      remove: [],
      record: { keys: held(a).keys, deletion: 'retain' },
    })
  })

  it('keeps its labels and annotations, and does not fight for what it cannot render', () => {
    expect(decide(waiting, seen(labelled), POLICY)).toEqual({ kind: 'none' })
    expect(decide(waiting, seen(labelled, { metadataDrifted: true }), POLICY)).toEqual({ kind: 'none' })
    const retain = { ...POLICY, deletion: 'Retain' } as const
    expect(decide(waiting, seen(labelled), retain)).toHaveProperty('record.metadata', labelled.metadata)
  })

  it('is not made anew before its content, labels and annotations can be', () => {
    const typed = { ...waiting, type: 'example.com/mine' }
    expect(decide(typed, seen(held(a)), POLICY)).toEqual({ kind: 'none' })
    const one = { ...desiredOf({ b: 'new' }), failures: waiting.failures, type: 'example.com/mine' }
    expect(decide(one, seen(labelled), POLICY)).toEqual({ kind: 'none' })
    expect(decide(one, seen(held(a)), POLICY)).toMatchObject({ kind: 'replace', carry: ['a'] })
  })
})
