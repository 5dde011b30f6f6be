import { describe, expect, it } from 'vitest'
import { diffContent, leftOverKeys } from './content-diff.ts'
import type { EntryFailure } from '../model/desired-secret.ts'
import { desiredOf, entryFailure, observedOf, recordOf, usedSource } from '../testing/fixtures.ts'

/** A document that cannot be read, so that its keys are unknown. */
const failing = (secret: string) => entryFailure(secret, undefined)
/** A record of keys, each with its secret. */
const recordFrom = (origins: Record<string, string>) => {
  const record = recordOf(origins)
  return {
    ...record,
    keys: new Map([...record.keys].map(([key, from]) => [key, { ...from, secret: origins[key] ?? '' }])),
  }
}

describe('keys that are kept while a document cannot be read', () => {
  it.each([
    [
      'keeps keys of the document, and removes keys of a secret that left the spec',
      { fromDocument: 'app/doc', former: 'app/former' },
      {},
      'app/doc',
      { kept: ['fromDocument'], removed: ['former'] },
    ],
    [
      'keeps keys of an unread secret while another version of a read secret is missing',
      { read: 'app/db', former: 'app/former' },
      { read: 'app/db' },
      'app/db',
      { kept: ['former'], removed: [] },
    ],
  ])('%s', (_rule, origins, given, failed, expected) => {
    const record = recordFrom(origins)
    const sources = [...new Set(Object.values<string>(given))].map(usedSource)
    const desired = desiredOf(given, { failures: [failing(failed)], sources })
    const change = diffContent(desired, { secret: observedOf({}), inspected: true }, record)
    expect({ kept: [...change.carried.keys()], removed: change.remove }).toEqual(expected)
  })
})

describe('a key that another client has changed', () => {
  it.each([
    ['is not new content if only that client changed it', true, 'v1', false],
    ['is new content if its secret also has another version', true, 'v2', true],
    ['is new content by its digest as long as only metadata is known', false, 'v1', true],
  ])('%s', (_rule, inspected, versionId, isNew) => {
    const data = new Map([...desiredOf({ a: '1' }).data].map(([key, wanted]) => [key, { ...wanted, versionId }]))
    const secret = observedOf({ a: 'theirs' }, { drifted: ['a'] })
    const change = diffContent(desiredOf({}, { data }), { secret, inspected }, recordOf({ a: 'theirs' }))
    expect([change.isAny, change.isNew]).toEqual([true, isNew])
  })
})

describe('a key that another client has removed', () => {
  it.each([
    ['is not new content if KMS gives it again', 'app/db', false],
    ['is new content if it is generated again', 'generated password', true],
  ])('%s', (_rule, secret, isNew) => {
    const data = new Map([...desiredOf({ a: '1' }).data].map(([key, wanted]) => [key, { ...wanted, secret }]))
    const observed = observedOf({}, { drifted: ['a'] })
    const change = diffContent(desiredOf({}, { data }), { secret: observed, inspected: true }, recordOf({}))
    expect([change.isAny, change.isNew]).toEqual([true, isNew])
  })
})

describe('keys that left the spec', () => {
  const keys = recordFrom({ password: 'app/db', former: 'app/former', rendered: 'template of app/db' }).keys
  it.each<[string, Record<string, string>, EntryFailure[], string[]]>([
    ['do not include keys that were read', { password: '1' }, [], ['former']],
    ['do not include keys of a failed entry', {}, [{ ...failing('app/new'), keys: ['password'] }], ['former']],
    ['do not include keys of a failed document', {}, [failing('app/db')], ['former']],
    [
      'include keys of a secret of which another key failed',
      { password: '1' },
      [{ ...failing('app/former'), keys: ['another'] }],
      ['former'],
    ],
  ])('%s', (_rule, data, failures, expected) => {
    expect(leftOverKeys(desiredOf(data, { failures }), keys)).toEqual(expected)
  })
})
