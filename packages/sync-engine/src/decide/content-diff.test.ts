import { SecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { diffContent, leftOverKeys } from './content-diff.ts'
import type { EntryFailure, UsedSource } from '../model/desired-secret.ts'
import { desiredOf, observedOf, recordOf } from '../testing/fixtures.ts'

/** A document that cannot be read, so that its keys are unknown. */
const failing = (secret: string): EntryFailure => ({
  field: 'spec.dataProcess[0]',
  secret,
  error: new SecretSyncError('NotFound', `secret ${secret} does not exist`),
  keys: undefined,
  stale: false,
})
const source = (secret: string): UsedSource => ({
  secret,
  versionStage: 'ACSCurrent',
  versionId: 'v1',
  type: 'Generic',
  rotation: undefined,
})
/** A record of keys, each with the secret that it came from. */
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
      'keeps what the document gave, and removes what another secret gave that the spec no longer names',
      { fromDocument: 'app/doc', former: 'app/former' },
      {},
      'app/doc',
      { kept: ['fromDocument'], removed: ['former'] },
    ],
    [
      'keeps what an unread secret gave while a second document of a secret that was read is missing',
      { read: 'app/db', former: 'app/former' },
      { read: 'app/db' },
      'app/db',
      { kept: ['former'], removed: [] },
    ],
  ])('%s', (_rule, origins, given, failed, expected) => {
    const record = recordFrom(origins)
    const sources = [...new Set(Object.values<string>(given))].map(source)
    const desired = desiredOf(given, { failures: [failing(failed)], sources })
    const change = diffContent(desired, { secret: observedOf({}), inspected: true }, record)
    expect({ kept: [...change.carried.keys()], removed: change.remove }).toEqual(expected)
  })
})

describe('a key that another client has changed', () => {
  it.each([
    ['is no new content where only they changed it', true, 'v1', false],
    ['is new content where its secret has another version as well', true, 'v2', true],
    ['is new content by its digest as long as only metadata is known', false, 'v1', true],
  ])('%s', (_rule, inspected, versionId, isNew) => {
    const data = new Map([...desiredOf({ a: '1' }).data].map(([key, wanted]) => [key, { ...wanted, versionId }]))
    const secret = observedOf({ a: 'theirs' }, { drifted: ['a'] })
    const change = diffContent(desiredOf({}, { data }), { secret, inspected }, recordOf({ a: 'theirs' }))
    expect([change.isAny, change.isNew]).toEqual([true, isNew])
  })
})

describe('keys that the spec no longer asks for', () => {
  const keys = recordFrom({ password: 'app/db', former: 'app/former', rendered: 'template of app/db' }).keys
  it.each<[string, Record<string, string>, EntryFailure[], string[]]>([
    ['are not those that were read', { password: '1' }, [], ['former']],
    ['are not those of an entry that failed', {}, [{ ...failing('app/new'), keys: ['password'] }], ['former']],
    ['are not those of a document that failed', {}, [failing('app/db')], ['former']],
    [
      'are those of a secret of which another key failed',
      { password: '1' },
      [{ ...failing('app/former'), keys: ['another'] }],
      ['former'],
    ],
  ])('%s', (_rule, data, failures, expected) => {
    expect(leftOverKeys(desiredOf(data, { failures }), keys)).toEqual(expected)
  })
})
