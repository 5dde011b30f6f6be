import type { TargetChange } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { KnownSecrets } from './secret-cache.ts'
import { knownOf, objectOf, recordOf, TARGET } from '../test-secrets.ts'

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

describe('KnownSecrets', () => {
  it('takes our own writes for no news, whenever the watch tells of them', () => {
    const secrets = new KnownSecrets()
    secrets.answered(at('100'), { isOurs: true })
    secrets.answered(at('120'), { isOurs: true })
    for (const version of ['100', '110', '120']) expect(secrets.watched(added(at(version)))).toBeUndefined()
    expect(secrets.get(TARGET)?.observed.resourceVersion).toBe('120')
  })

  it('does not tell again, when the watch tells of our write, of drift that our write left as it was', () => {
    const secrets = new KnownSecrets()
    secrets.answered(drifted('100'))
    expect(secrets.watched(added(drifted('100')))).toBeUndefined()
  })

  it('does not go back to an older state, drifted as it may have been', () => {
    const secrets = new KnownSecrets()
    secrets.answered(at('120'))
    expect(secrets.watched(added(drifted('99')))).toBeUndefined()
    expect(secrets.watched(added(drifted('119')))).toBeUndefined()
    expect(secrets.get(TARGET)?.observed).toMatchObject({ resourceVersion: '120', drifted: [] })
    secrets.answered(at('110'))
    expect(secrets.get(TARGET)?.observed.resourceVersion).toBe('120')
  })

  it('tells of drift that is newer than what is known', () => {
    const secrets = new KnownSecrets(ignore)
    secrets.answered(at('100'))
    expect(secrets.watched(added(drifted('1000')))).toEqual(change('changed'))
    expect(secrets.get(TARGET)?.observed.drifted).toEqual(['b'])
  })

  const ourWrite = (time: string) => ({ managedFields: [{ ...ours, time }] })
  const byKubectl = { manager: 'kubectl', operation: 'Update', time: 'T1', fieldsV1: { 'f:metadata': {} } }

  it.each([
    ['under our name', ourWrite('T1'), ['a', 'b']],
    ['under our name in the second of our own write', {}, ['a', 'b']],
    ['under our name, beside a write of others', { managedFields: [{ ...ours, time: 'T1' }, byKubectl] }, ['a', 'b']],
    ['under another name, of metadata alone', { managedFields: [ours, byKubectl] }, []],
  ])('suspects our keys after a write %s', (_what, more, suspected) => {
    const secrets = new KnownSecrets()
    secrets.answered(at('100'), { isOurs: true })
    const told = secrets.watched(added(at('101', more)))
    expect(secrets.get(TARGET)?.observed.drifted).toEqual(suspected)
    expect(told).toEqual(suspected.length > 0 ? change('changed') : undefined)
  })

  it('suspects our keys where an answer brings a write under our name before the watch', () => {
    const secrets = new KnownSecrets()
    secrets.answered(at('100'), { isOurs: true })
    expect(secrets.answered(at('101')).known.observed.drifted).toEqual(['a', 'b'])
  })

  it('suspects a key until it was looked into or written, as of that version', () => {
    const secrets = new KnownSecrets()
    secrets.answered(at('100'), { isOurs: true })
    secrets.watched(added(at('102', ourWrite('T1'))))
    secrets.settle(at('101'), ['a', 'b'])
    expect(secrets.answered(at('102', ourWrite('T1'))).known.observed.drifted).toEqual(['a', 'b'])
    secrets.settle(at('102'), ['a'])
    expect(secrets.answered(at('103', ourWrite('T2')), { isOurs: true }).known.observed.drifted).toEqual(['b'])
  })

  it('passes a version without a known writer to its callback', () => {
    const unexplained: string[] = []
    const secrets = new KnownSecrets(({ observed }) => unexplained.push(observed.resourceVersion))
    secrets.answered(at('100'), { isOurs: true })
    expect(secrets.watched(added(at('101')))).toBeUndefined()
    secrets.answered(at('102'), { isInspected: true })
    secrets.answered(at('103', { annotations: {} }))
    expect(unexplained).toEqual(['101'])
    expect(secrets.suspect(at('101'), ['b'])).toMatchObject({ kind: 'changed' })
    expect(secrets.suspect(at('101', { uid: 'u2' }), ['b'])).toBeUndefined()
  })

  it('tells of a deletion, but not of ours', () => {
    const secrets = new KnownSecrets()
    secrets.answered(at('100'))
    expect(secrets.watched(deleted(at('100')))).toEqual(change('deleted'))
    expect(secrets.get(TARGET)).toBeUndefined()
    secrets.answered(at('200', { uid: 'u2' }))
    secrets.release(TARGET, 'u2', undefined)
    expect(secrets.watched(added(at('150', { uid: 'u2' })))).toBeUndefined()
    expect(secrets.get(TARGET)).toBeUndefined()
    expect(secrets.watched(deleted(at('200', { uid: 'u2' })))).toBeUndefined()
    expect([...secrets.owned()]).toEqual([])
  })

  it('tells of a deletion whether others had created the Secret', () => {
    const secrets = new KnownSecrets()
    const merged = at('100', { labels: { 'alibabacloud.com/managed-by': 'ack-secret-manager' } })
    secrets.answered(merged, { isOurs: true })
    expect(secrets.watched(deleted(merged))).toEqual({ ...change('deleted'), madeByOthers: true })
  })

  it('sees a Secret of ours again that somebody labels after we let it go', () => {
    const secrets = new KnownSecrets()
    secrets.answered(at('100'))
    secrets.release(TARGET, 'u1', '110')
    for (const version of ['105', '110']) {
      expect(secrets.watched(added(at(version)))).toBeUndefined()
      expect(secrets.get(TARGET)).toBeUndefined()
    }
    secrets.watched(added(at('111')))
    expect(secrets.get(TARGET)).toBeDefined()
    expect(secrets.watched(deleted(at('112')))).toEqual(change('deleted'))
  })

  it('sees a Secret that another client creates under the name of one that we deleted', () => {
    const secrets = new KnownSecrets()
    secrets.answered(at('100'))
    secrets.release(TARGET, 'u1', undefined)
    secrets.watched(added(at('150', { uid: 'u2' })))
    expect(secrets.get(TARGET)?.observed.uid).toBe('u2')
  })

  it('forgets the oldest release first, and counts a repeated release as new', () => {
    const secrets = new KnownSecrets()
    const other = { ...TARGET, name: 'other-0' }
    secrets.release(TARGET, 'u1', undefined)
    for (let index = 0; index < 9_999; index += 1) {
      secrets.release({ ...TARGET, name: `other-${index}` }, `uid-${index}`, undefined)
    }
    secrets.release(TARGET, 'u2', undefined)
    secrets.release({ ...TARGET, name: 'last' }, 'uid-last', undefined)
    const late = knownOf('db', record, { uid: 'uid-0', name: other.name })
    secrets.watched({ kind: 'added', key: 'team-a/other-0', object: late })
    expect(secrets.get(other)).toBeDefined()
    secrets.watched(added(at('150', { uid: 'u2' })))
    expect(secrets.get(TARGET)).toBeUndefined()
  })

  it('does not take the late news of a deletion for one of the Secret made anew', () => {
    const secrets = new KnownSecrets()
    secrets.answered(at('100'))
    secrets.answered(at('200', { uid: 'u2' }))
    expect(secrets.watched(deleted(at('100')))).toBeUndefined()
    expect(secrets.get(TARGET)?.observed.uid).toBe('u2')
  })

  it('tells of a record that somebody took away although the rest is in order', () => {
    const secrets = new KnownSecrets()
    secrets.answered(at('100'))
    const other = knownOf('web', record, { resourceVersion: '101' })
    expect(secrets.watched(added(other))).toMatchObject({ kind: 'changed', ownerNames: ['web', 'db'] })
    expect(secrets.ownedBy('team-a', 'db')).toEqual([])
    expect(secrets.ownedBy('team-a', 'web')).toHaveLength(1)
  })

  it('tells once of drift that an answer brought, and not what the asker has seen before', () => {
    const secrets = new KnownSecrets(ignore)
    secrets.answered(at('100'))
    expect(secrets.answered(drifted('110')).news).toEqual(change('changed'))
    expect(secrets.answered(drifted('110')).news).toBeUndefined()
    expect(secrets.answered(drifted('120')).news).toBeUndefined()
  })

  it('believes a settled key until somebody writes it again', () => {
    const secrets = new KnownSecrets(ignore)
    const theirs = (time: string) => [
      ...onlyA,
      { manager: 'x', operation: 'Update', time, fieldsV1: { 'f:data': { 'f:b': {} } } },
    ]
    const changedBack = at('100', { managedFields: theirs('T1') })
    secrets.settle(changedBack, ['a', 'b'])
    expect(secrets.answered(changedBack).known.observed.drifted).toEqual([])
    expect(secrets.watched(added(at('101', { managedFields: theirs('T1') })))).toBeUndefined()
    expect(secrets.watched(added(at('102', { managedFields: theirs('T2') })))).toEqual(change('changed'))
  })

  it('believes nothing of a cleared book beyond the version that was looked at', () => {
    const secrets = new KnownSecrets(ignore)
    secrets.settle(drifted('100'), ['b'])
    expect(secrets.answered(drifted('100')).known.observed.drifted).toEqual([])
    expect(secrets.watched(added(drifted('101')))).toEqual(change('changed'))
  })

  it('uses records with digests of its own as long as the annotation stays', () => {
    const secrets = new KnownSecrets(ignore)
    const real = new Map([['db', recordOf(['a', 'b'], { digestKeyId: 'k2' })]])
    secrets.replaceRecords(at('100'), real)
    expect(secrets.answered(at('101')).known.observed.records).toBe(real)
    const next = recordOf(['a'])
    expect(secrets.answered(knownOf('db', next, { resourceVersion: '102' })).known.observed.records).toEqual(
      new Map([['db', next]]),
    )
  })

  it('tells what another process of ours has written, when it differs from what we know', () => {
    const secrets = new KnownSecrets(ignore)
    const other = (resourceVersion: string) => knownOf('db', recordOf(['a']), { resourceVersion })
    secrets.answered(at('100'))
    expect(secrets.watched(added(at('101')))).toBeUndefined()
    expect(secrets.watched(added(other('102')))).toEqual(change('rewritten'))
    expect(secrets.watched(added(other('103')))).toBeUndefined()
    // A look that was faster than the watch.
    expect(secrets.answered(at('104')).news).toEqual(change('rewritten'))
    expect(secrets.answered(other('105'), { isOurs: true }).news).toBeUndefined()
    // A cache that is being filled has nothing to compare with.
    expect(new KnownSecrets().watched(added(other('102')))).toBeUndefined()
  })

  it('keeps nothing of which the watch has told the end', () => {
    const secrets = new KnownSecrets()
    expect(secrets.answered(at('100'), { isOver: true }).known.observed.resourceVersion).toBe('100')
    expect(secrets.get(TARGET)).toBeUndefined()
    secrets.answered(at('200'))
    expect(secrets.ended(at('200'))).toEqual(change('deleted'))
    expect(secrets.get(TARGET)).toBeUndefined()
    secrets.answered(at('300', { uid: 'u2' }))
    secrets.ended(at('200'))
    expect(secrets.get(TARGET)?.observed.uid).toBe('u2')
  })

  it('keeps nothing of a Secret without our label', () => {
    const secrets = new KnownSecrets()
    const { known, news } = secrets.answered(drifted('100', { labels: {} }))
    expect(known.observed.drifted).toEqual(['b'])
    expect(news).toBeUndefined()
    expect(secrets.get(TARGET)).toBeUndefined()
  })

  it("has nobody to tell of a Secret that is nobody's", () => {
    const labels = { 'alibabacloud.com/managed-by': 'ack-secret-manager' }
    const secrets = new KnownSecrets()
    const object = at('100', { labels, annotations: {}, ownerReferences: [] })
    expect(secrets.watched(added(object))).toBeUndefined()
    expect(secrets.watched(deleted(object))).toBeUndefined()
  })
})
