import { TimeShare } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import type { ObjectChange } from '@ack-secret-manager/k8s-client'
import { beforeEach, describe, expect, it } from 'vitest'
import { objectOf, recordOf } from '../testing/secrets.ts'
import { type CachedSecret, isStub } from './secret-stub.ts'
import { WatchDecoder } from './watch-decoder.ts'

const TARGET = { namespace: 'team-a', name: 'written' }
const KEY = 'team-a/written'
const LARGE = recordOf(Array.from({ length: 100 }, (_, at) => `KEY_NUMBER_${at}`))

describe('WatchDecoder', () => {
  const clock = new ManualClock()
  let cached: CachedSecret | undefined
  let isAdmitted: boolean
  let decoder: WatchDecoder
  beforeEach(() => {
    cached = undefined
    isAdmitted = true
    const cache = { admits: () => isAdmitted, atVersion: () => undefined, cached: () => cached }
    decoder = new WatchDecoder({ cache, clock, decodeTime: new TimeShare({ clock, share: 0.1, burstMs: 5_000 }) })
  })

  const decoded = (uid: string, resourceVersion: string): CachedSecret =>
    decoder.decode(objectOf('db', LARGE, { uid, resourceVersion }, TARGET))
  const added = (object: CachedSecret): ObjectChange<CachedSecret> => ({ kind: 'added', key: KEY, object })
  const deleted = (previous: CachedSecret): ObjectChange<CachedSecret> => ({ kind: 'deleted', key: KEY, previous })
  /** Kind, uid and version of each event, and whether it has a stub. */
  const shown = (events: readonly ObjectChange<CachedSecret>[]): readonly string[] =>
    events.map((event) => {
      const secret = event.kind === 'deleted' ? event.previous : event.object
      const { uid, resourceVersion } = secret.observed
      return `${event.kind} ${uid} ${resourceVersion}${isStub(secret) ? ' stub' : ''}`
    })

  it('decodes large metadata at once without a write, and as a stub during one', () => {
    expect(isStub(decoded('u1', '101'))).toBe(false)
    decoder.begin(TARGET)
    expect(isStub(decoded('u1', '102'))).toBe(true)
  })

  it('keeps a deletion before and after the last large object of a write', () => {
    const before = decoded('u1', '100')
    decoder.begin(TARGET)
    const recreated = decoded('u2', '102')
    for (const event of [deleted(before), added(recreated), deleted(recreated)]) {
      expect(decoder.accept(event)).toEqual([])
    }
    expect(shown(decoder.end(TARGET))).toEqual(['deleted u1 100', 'added u2 102', 'deleted u2 102 stub'])
  })

  it('decodes nothing before the last of several writes has ended', () => {
    decoder.begin(TARGET)
    decoder.begin(TARGET)
    decoder.accept(added(decoded('u1', '101')))
    expect(decoder.end(TARGET)).toEqual([])
    expect(decoder.isWriting(TARGET)).toBe(true)
    expect(shown(decoder.end(TARGET))).toEqual(['added u1 101'])
    expect(decoder.isWriting(TARGET)).toBe(false)
  })

  it.each([
    ['another uid', 'u2', '101'],
    ['another version', 'u1', '102'],
  ])('does not use an object of %s than its event', (_what, uid, version) => {
    decoder.begin(TARGET)
    decoder.accept(added(decoded('u1', '101')))
    decoded(uid, version)
    expect(shown(decoder.end(TARGET))).toEqual(['added u1 101 stub'])
  })

  it('forgets the object of a write when it has ended', () => {
    decoder.begin(TARGET)
    decoder.accept(added(decoded('u1', '101')))
    decoder.end(TARGET)
    isAdmitted = false
    const stub = decoded('u1', '101')
    isAdmitted = true
    decoder.begin(TARGET)
    decoder.accept(added(stub))
    expect(shown(decoder.end(TARGET))).toEqual(['added u1 101 stub'])
  })

  it('does not decode metadata that the response to the write has delivered', () => {
    cached = decoded('u1', '102')
    decoder.begin(TARGET)
    decoder.accept(added(decoded('u1', '101')))
    expect(shown(decoder.end(TARGET))).toEqual(['added u1 101 stub'])
  })
})
