import type { TargetChange } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { SecretCache } from './secret-cache.ts'
import { knownOf, objectOf, recordOf, TARGET } from '../testing/secrets.ts'

const key = 'team-a/db'
const record = recordOf(['a', 'b'])
const [ours] = objectOf('db', record).metadata.managedFields ?? []
const onlyA = [{ ...ours, fieldsV1: { 'f:data': { 'f:a': {} } } }]
const at = (resourceVersion: string, more: object = {}) => knownOf('db', record, { resourceVersion, ...more })
const drifted = (resourceVersion: string, more: object = {}) => at(resourceVersion, { managedFields: onlyA, ...more })
const added = (object: ReturnType<typeof at>) => ({ kind: 'added', key, object }) as const
const deleted = (previous: ReturnType<typeof at>) => ({ kind: 'deleted', key, previous }) as const
const ignore = (): void => undefined
const change = (kind: TargetChange['kind']) => ({ target: TARGET, kind, ownerNames: ['db'] })

describe('SecretCache', () => {
  it('reports no own write, whenever its watch event arrives', () => {
    const secrets = new SecretCache()
    secrets.recordResponse(at('100'), { isOwnWrite: true })
    secrets.recordResponse(at('120'), { isOwnWrite: true })
    for (const version of ['100', '110', '120']) expect(secrets.recordWatchEvent(added(at(version)))).toBeUndefined()
    expect(secrets.get(TARGET)?.observed.resourceVersion).toBe('120')
  })

  it('does not report existing drift again with the watch event of an own write', () => {
    const secrets = new SecretCache()
    secrets.recordResponse(drifted('100'))
    expect(secrets.recordWatchEvent(added(drifted('100')))).toBeUndefined()
  })

  it('ignores an older state, even with drift', () => {
    const secrets = new SecretCache()
    secrets.recordResponse(at('120'))
    expect(secrets.recordWatchEvent(added(drifted('99')))).toBeUndefined()
    expect(secrets.recordWatchEvent(added(drifted('119')))).toBeUndefined()
    expect(secrets.get(TARGET)?.observed).toMatchObject({ resourceVersion: '120', drifted: [] })
    secrets.recordResponse(at('110'))
    expect(secrets.get(TARGET)?.observed.resourceVersion).toBe('120')
  })

  it('reports drift in a newer version', () => {
    const secrets = new SecretCache(ignore)
    secrets.recordResponse(at('100'))
    expect(secrets.recordWatchEvent(added(drifted('1000')))).toEqual(change('changed'))
    expect(secrets.get(TARGET)?.observed.drifted).toEqual(['b'])
  })

  const ourWrite = (time: string) => ({ managedFields: [{ ...ours, time }] })
  const byKubectl = { manager: 'kubectl', operation: 'Update', time: 'T1', fieldsV1: { 'f:metadata': {} } }

  it.each([
    ['under our field manager', ourWrite('T1'), ['a', 'b']],
    ['under our field manager in the second of an own write', {}, ['a', 'b']],
    [
      'under our field manager, together with a write of another one',
      { managedFields: [{ ...ours, time: 'T1' }, byKubectl] },
      ['a', 'b'],
    ],
    ['under another field manager, of metadata only', { managedFields: [ours, byKubectl] }, []],
  ])('marks our keys as possibly drifted after a write %s', (_what, more, expected) => {
    const secrets = new SecretCache()
    secrets.recordResponse(at('100'), { isOwnWrite: true })
    const reported = secrets.recordWatchEvent(added(at('101', more)))
    expect(secrets.get(TARGET)?.observed.drifted).toEqual(expected)
    expect(reported).toEqual(expected.length > 0 ? change('changed') : undefined)
  })

  it('marks our keys as possibly drifted if a response has a write under our field manager before the watch', () => {
    const secrets = new SecretCache()
    secrets.recordResponse(at('100'), { isOwnWrite: true })
    expect(secrets.recordResponse(at('101')).entry.observed.drifted).toEqual(['a', 'b'])
  })

  it('treats a key as possibly drifted until it is inspected or written in that version', () => {
    const secrets = new SecretCache()
    secrets.recordResponse(at('100'), { isOwnWrite: true })
    secrets.recordWatchEvent(added(at('102', ourWrite('T1'))))
    secrets.markVerified(at('101'), ['a', 'b'])
    expect(secrets.recordResponse(at('102', ourWrite('T1'))).entry.observed.drifted).toEqual(['a', 'b'])
    secrets.markVerified(at('102'), ['a'])
    expect(secrets.recordResponse(at('103', ourWrite('T2')), { isOwnWrite: true }).entry.observed.drifted).toEqual([
      'b',
    ])
  })

  it('passes an unexplained version to its callback', () => {
    const unexplained: string[] = []
    const secrets = new SecretCache(({ observed }) => unexplained.push(observed.resourceVersion))
    secrets.recordResponse(at('100'), { isOwnWrite: true })
    expect(secrets.recordWatchEvent(added(at('101')))).toBeUndefined()
    secrets.recordResponse(at('102'), { isInspected: true })
    secrets.recordResponse(at('103', { annotations: {} }))
    expect(unexplained).toEqual(['101'])
    expect(secrets.markPossiblyDrifted(at('101'), ['b'])).toMatchObject({ kind: 'changed' })
    expect(secrets.markPossiblyDrifted(at('101', { uid: 'u2' }), ['b'])).toBeUndefined()
  })

  it('reports a deletion by another client, but none by the operator', () => {
    const secrets = new SecretCache()
    secrets.recordResponse(at('100'))
    expect(secrets.recordWatchEvent(deleted(at('100')))).toEqual(change('deleted'))
    expect(secrets.get(TARGET)).toBeUndefined()
    secrets.recordResponse(at('200', { uid: 'u2' }))
    secrets.release(TARGET, 'u2', undefined)
    expect(secrets.recordWatchEvent(added(at('150', { uid: 'u2' })))).toBeUndefined()
    expect(secrets.get(TARGET)).toBeUndefined()
    expect(secrets.recordWatchEvent(deleted(at('200', { uid: 'u2' })))).toBeUndefined()
    expect([...secrets.owned()]).toEqual([])
  })

  it('reports with a deletion whether another client had created the Secret', () => {
    const secrets = new SecretCache()
    const merged = at('100', { labels: { 'alibabacloud.com/managed-by': 'ack-secret-manager' } })
    secrets.recordResponse(merged, { isOwnWrite: true })
    expect(secrets.recordWatchEvent(deleted(merged))).toEqual({ ...change('deleted'), madeByOthers: true })
  })

  it('caches a released Secret again after another client labels it', () => {
    const secrets = new SecretCache()
    secrets.recordResponse(at('100'))
    secrets.release(TARGET, 'u1', '110')
    for (const version of ['105', '110']) {
      expect(secrets.recordWatchEvent(added(at(version)))).toBeUndefined()
      expect(secrets.get(TARGET)).toBeUndefined()
    }
    secrets.recordWatchEvent(added(at('111')))
    expect(secrets.get(TARGET)).toBeDefined()
    expect(secrets.recordWatchEvent(deleted(at('112')))).toEqual(change('deleted'))
  })

  it('caches a Secret that another client creates under the name of a deleted one', () => {
    const secrets = new SecretCache()
    secrets.recordResponse(at('100'))
    secrets.release(TARGET, 'u1', undefined)
    secrets.recordWatchEvent(added(at('150', { uid: 'u2' })))
    expect(secrets.get(TARGET)?.observed.uid).toBe('u2')
  })

  it('evicts the oldest release first, and counts a repeated release as new', () => {
    const secrets = new SecretCache()
    const other = { ...TARGET, name: 'other-0' }
    secrets.release(TARGET, 'u1', undefined)
    for (let index = 0; index < 9_999; index += 1) {
      secrets.release({ ...TARGET, name: `other-${index}` }, `uid-${index}`, undefined)
    }
    secrets.release(TARGET, 'u2', undefined)
    secrets.release({ ...TARGET, name: 'last' }, 'uid-last', undefined)
    const late = knownOf('db', record, { uid: 'uid-0', name: other.name })
    secrets.recordWatchEvent({ kind: 'added', key: 'team-a/other-0', object: late })
    expect(secrets.get(other)).toBeDefined()
    secrets.recordWatchEvent(added(at('150', { uid: 'u2' })))
    expect(secrets.get(TARGET)).toBeUndefined()
  })

  it('does not apply a late deletion event to the recreated Secret', () => {
    const secrets = new SecretCache()
    secrets.recordResponse(at('100'))
    secrets.recordResponse(at('200', { uid: 'u2' }))
    expect(secrets.recordWatchEvent(deleted(at('100')))).toBeUndefined()
    expect(secrets.get(TARGET)?.observed.uid).toBe('u2')
  })

  it('reports a removed record even without other drift', () => {
    const secrets = new SecretCache()
    secrets.recordResponse(at('100'))
    const other = knownOf('web', record, { resourceVersion: '101' })
    expect(secrets.recordWatchEvent(added(other))).toMatchObject({ kind: 'changed', ownerNames: ['web', 'db'] })
    expect(secrets.ownedBy('team-a', 'db')).toEqual([])
    expect(secrets.ownedBy('team-a', 'web')).toHaveLength(1)
  })

  it('reports drift from a response once', () => {
    const secrets = new SecretCache(ignore)
    secrets.recordResponse(at('100'))
    expect(secrets.recordResponse(drifted('110')).change).toEqual(change('changed'))
    expect(secrets.recordResponse(drifted('110')).change).toBeUndefined()
    expect(secrets.recordResponse(drifted('120')).change).toBeUndefined()
  })

  it('trusts a verified key until its next write by another manager', () => {
    const secrets = new SecretCache(ignore)
    const theirs = (time: string) => [
      ...onlyA,
      { manager: 'x', operation: 'Update', time, fieldsV1: { 'f:data': { 'f:b': {} } } },
    ]
    const changedBack = at('100', { managedFields: theirs('T1') })
    secrets.markVerified(changedBack, ['a', 'b'])
    expect(secrets.recordResponse(changedBack).entry.observed.drifted).toEqual([])
    expect(secrets.recordWatchEvent(added(at('101', { managedFields: theirs('T1') })))).toBeUndefined()
    expect(secrets.recordWatchEvent(added(at('102', { managedFields: theirs('T2') })))).toEqual(change('changed'))
  })

  it('trusts keys without managedFields only in the inspected version', () => {
    const secrets = new SecretCache(ignore)
    secrets.markVerified(drifted('100'), ['b'])
    expect(secrets.recordResponse(drifted('100')).entry.observed.drifted).toEqual([])
    expect(secrets.recordWatchEvent(added(drifted('101')))).toEqual(change('changed'))
  })

  it('uses replaced digests until the annotation changes', () => {
    const secrets = new SecretCache(ignore)
    const real = new Map([['db', recordOf(['a', 'b'], { digestKeyId: 'k2' })]])
    secrets.replaceRecords(at('100'), real)
    expect(secrets.recordResponse(at('101')).entry.observed.records).toBe(real)
    const next = recordOf(['a'])
    expect(secrets.recordResponse(knownOf('db', next, { resourceVersion: '102' })).entry.observed.records).toEqual(
      new Map([['db', next]]),
    )
  })

  it('reports new content of another replica', () => {
    const secrets = new SecretCache(ignore)
    const other = (resourceVersion: string) => knownOf('db', recordOf(['a']), { resourceVersion })
    secrets.recordResponse(at('100'))
    expect(secrets.recordWatchEvent(added(at('101')))).toBeUndefined()
    expect(secrets.recordWatchEvent(added(other('102')))).toEqual(change('rewritten'))
    expect(secrets.recordWatchEvent(added(other('103')))).toBeUndefined()
    // A read that is faster than the watch.
    expect(secrets.recordResponse(at('104')).change).toEqual(change('rewritten'))
    expect(secrets.recordResponse(other('105'), { isOwnWrite: true }).change).toBeUndefined()
    // During the first list there is nothing to compare with.
    expect(new SecretCache().recordWatchEvent(added(other('102')))).toBeUndefined()
  })

  it('does not cache a response whose deletion the watch has reported', () => {
    const secrets = new SecretCache()
    expect(secrets.recordResponse(at('100'), { isDeleted: true }).entry.observed.resourceVersion).toBe('100')
    expect(secrets.get(TARGET)).toBeUndefined()
    secrets.recordResponse(at('200'))
    expect(secrets.recordDeletion(at('200'))).toEqual(change('deleted'))
    expect(secrets.get(TARGET)).toBeUndefined()
    secrets.recordResponse(at('300', { uid: 'u2' }))
    secrets.recordDeletion(at('200'))
    expect(secrets.get(TARGET)?.observed.uid).toBe('u2')
  })

  it('does not cache a Secret without our label', () => {
    const secrets = new SecretCache()
    const { entry, change: reported } = secrets.recordResponse(drifted('100', { labels: {} }))
    expect(entry.observed.drifted).toEqual(['b'])
    expect(reported).toBeUndefined()
    expect(secrets.get(TARGET)).toBeUndefined()
  })

  it.each([
    ['without our label', { labels: {} }, {}],
    ['whose deletion the watch has reported', {}, { isDeleted: true }],
  ])('keeps no findings about the content of a Secret %s', (_what, more, details) => {
    const secrets = new SecretCache()
    const foreign = at('100', more)
    expect(secrets.markImmutable(foreign)).toBe(true)
    expect(secrets.recordResponse(foreign, details).entry.observed.immutable).toBe(true)
    expect(secrets.markImmutable(foreign)).toBe(true)
  })

  it('reports no change of a Secret without owners', () => {
    const labels = { 'alibabacloud.com/managed-by': 'ack-secret-manager' }
    const secrets = new SecretCache()
    const object = at('100', { labels, annotations: {}, ownerReferences: [] })
    expect(secrets.recordWatchEvent(added(object))).toBeUndefined()
    expect(secrets.recordWatchEvent(deleted(object))).toBeUndefined()
  })
})
