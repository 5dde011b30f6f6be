import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { microTime } from '../client/micro-time.ts'
import { decideLease, type ObservedLease, releasedLease } from './lease-decision.ts'
import { isSameRecord, type LeaseRecord } from './lease-record.ts'

const wallMs = Date.UTC(2026, 5, 1)
const now = microTime(wallMs)
const record = (holder: string, durationMs = 15_000): LeaseRecord => ({
  holder,
  durationMs,
  acquireTime: microTime(wallMs - 60_000),
  renewTime: microTime(wallMs - 5_000),
  transitions: 4,
})
const seen = (holder: string, observedAtMs: number, durationMs?: number): ObservedLease => ({
  record: record(holder, durationMs),
  observedAtMs,
})

describe('decideLease', () => {
  it.each([
    ['creates a missing lease', undefined, { kind: 'create', record: { holder: 'me', transitions: 0 } }],
    [
      'renews its own lease and keeps acquireTime',
      seen('me', 0),
      {
        kind: 'renew',
        record: { acquireTime: record('').acquireTime, renewTime: now, transitions: 4 },
      },
    ],
    ['renews its own lease even after a long time', seen('me', -1e9), { kind: 'renew' }],
    ['waits while another process renews', seen('you', 86_000), { kind: 'wait', holder: 'you', untilMs: 101_000 }],
    [
      'waits for the duration of the holder, not its own',
      seen('you', 80_000, 60_000),
      {
        kind: 'wait',
        untilMs: 140_000,
      },
    ],
    [
      'takes it exactly at the end of its duration',
      seen('you', 85_000),
      {
        kind: 'take',
        record: { holder: 'me', acquireTime: now, renewTime: now, transitions: 5, durationMs: 15_000 },
      },
    ],
    [
      'waits for its own duration if that of the holder is missing',
      seen('you', 90_000, 0),
      { kind: 'wait', holder: 'you', untilMs: 105_000 },
    ],
    ['takes a lease without a duration after its own duration', seen('you', 85_000, 0), { kind: 'take' }],
    ['takes a released lease immediately', seen('', 100_000), { kind: 'take', record: { transitions: 5 } }],
    [
      'counts no more transitions than the API server can store',
      { record: { ...record(''), transitions: 2 ** 31 - 1 }, observedAtMs: 0 },
      { kind: 'take', record: { transitions: 2 ** 31 - 1 } },
    ],
    [
      'sets an acquireTime that another client has removed from its own lease',
      { record: { ...record('me'), acquireTime: '' }, observedAtMs: 0 },
      { kind: 'renew', record: { acquireTime: now } },
    ],
  ] as const)('%s', (_rule, observed, decision) => {
    expect(decideLease({ observed, identity: 'me', durationMs: 15_000, nowMs: 100_000, wallMs })).toMatchObject(
      decision,
    )
  })

  it.each([
    ['waits for its own duration', seen('you', 90_000, 60_000), { kind: 'wait', holder: 'you', untilMs: 105_000 }],
    ['creates it exactly at the end of that duration', seen('you', 85_000), { kind: 'create' }],
    ['creates it at once if it was released', seen('', 100_000), { kind: 'create' }],
    ['creates its own at once', seen('me', 100_000), { kind: 'create' }],
  ] as const)('%s after a lease was deleted', (_rule, deleted, decision) => {
    const situation = { identity: 'me', durationMs: 15_000, nowMs: 100_000, wallMs }
    expect(decideLease({ observed: undefined, deleted, ...situation })).toMatchObject(decision)
  })

  it('ignores the wall clocks in the record', () => {
    const situation = { observed: seen('you', 99_000), identity: 'me', durationMs: 15_000, nowMs: 100_000 }
    for (const years of [-50, 0, 50]) {
      expect(decideLease({ ...situation, wallMs: wallMs + years * 31_536_000_000 })).toMatchObject({ kind: 'wait' })
    }
  })
})

it('releases a lease so that any process can take it immediately', () => {
  const released = releasedLease(record('me'), wallMs)
  expect(released).toMatchObject({ holder: '', durationMs: 1_000, transitions: 4 })
  const observed = { record: released, observedAtMs: 100_000 }
  expect(decideLease({ observed, identity: 'you', durationMs: 15_000, nowMs: 100_000, wallMs }).kind).toBe('take')
})

/** Any interleaving of several electors with separate clocks on one lease with optimistic locking. */
it('never has two leaders at the same time in any interleaving', () => {
  const leaseMs = 15_000
  const deadlineMs = 10_000
  const step = fc.record({
    who: fc.integer({ min: 0, max: 2 }),
    pauseMs: fc.integer({ min: 0, max: 12_000 }),
    isDeleted: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
      let version = 0
      let lease: LeaseRecord | undefined
      let timeMs = 0
      const electors = [0, 1, 2].map((id) => ({
        identity: `elector-${id}`,
        skewMs: id * 1e7,
        observed: undefined as ObservedLease | undefined,
        deleted: undefined as ObservedLease | undefined,
        version: -1,
        renewedAtMs: -Infinity,
      }))
      for (const { who, pauseMs, isDeleted } of steps) {
        timeMs += pauseMs
        const current = lease
        // A process that has not seen the holder cannot wait for it.
        const isKnown = current && electors.every(({ observed }) => observed && isSameRecord(observed.record, current))
        if (isDeleted && isKnown) lease = undefined
        const me = electors[who]
        if (!me) continue
        const nowMs = timeMs + me.skewMs
        if (lease && !(me.observed && isSameRecord(me.observed.record, lease))) {
          me.observed = { record: lease, observedAtMs: nowMs }
        }
        if (!lease && me.observed) {
          me.deleted = { record: me.observed.record, observedAtMs: nowMs }
          me.observed = undefined
        }
        me.version = version
        const situation = { identity: me.identity, durationMs: leaseMs, nowMs, wallMs: wallMs + nowMs * 1_000 }
        const decision = decideLease({ observed: me.observed, deleted: me.deleted, ...situation })
        if (decision.kind === 'wait' || me.version !== version) continue
        lease = decision.record
        version += 1
        me.observed = { record: lease, observedAtMs: nowMs }
        me.renewedAtMs = timeMs
        const leaders = electors.filter((each) => timeMs - each.renewedAtMs < deadlineMs)
        expect(leaders.map((each) => each.identity)).toEqual([me.identity])
      }
    }),
    { numRuns: 500 },
  )
})
