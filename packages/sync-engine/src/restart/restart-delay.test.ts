import type { RestartDelay, WorkloadState } from '@ack-secret-manager/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DueRestart, restartDelay } from './restart-delay.ts'

const HOUR = 3_600_000
/** A Sunday. */
const NOW = Date.parse('2026-11-29T12:00:00Z')
const IDLE: WorkloadState = { restartedFor: new Map(), restartedAtMs: undefined, rollout: 'finished' }
const due = (more: Partial<DueRestart> = {}): DueRestart => ({
  ownerName: 'db',
  change: 'new',
  minIntervalMs: 0,
  window: undefined,
  ...more,
})
const window = (cron: string, duration = '1h') => ({ cron, timeZone: 'UTC', duration })
const AT_ONE = { reason: 'window', untilMs: NOW + HOUR } as const

const CASES: readonly [string, Partial<WorkloadState>, readonly DueRestart[], RestartDelay | undefined][] = [
  ['restarts without limits', { restartedAtMs: NOW - 1 }, [due()], undefined],
  ['restarts for the first time', {}, [due({ minIntervalMs: HOUR })], undefined],
  [
    'waits until the interval is over',
    { restartedAtMs: NOW - 1_000 },
    [due({ minIntervalMs: HOUR })],
    { reason: 'interval', untilMs: NOW - 1_000 + HOUR },
  ],
  ['restarts when the interval is over', { restartedAtMs: NOW - HOUR }, [due({ minIntervalMs: HOUR })], undefined],
  [
    'accepts a clock that is slightly ahead',
    { restartedAtMs: NOW + 60_000 },
    [due({ minIntervalMs: HOUR })],
    { reason: 'interval', untilMs: NOW + 60_000 + HOUR },
  ],
  [
    'ignores a last restart far in the future',
    { restartedAtMs: NOW + HOUR },
    [due({ minIntervalMs: HOUR })],
    undefined,
  ],
  ['restarts in its window', {}, [due({ window: window('30 11 * * *') })], undefined],
  ['waits for its window', {}, [due({ window: window('0 13 * * *') })], AT_ONE],
  [
    'waits for the window after the interval',
    { restartedAtMs: NOW - HOUR },
    [due({ minIntervalMs: 2.5 * HOUR, window: window('0 * * * *', '10m') })],
    { reason: 'window', untilMs: NOW + 2 * HOUR },
  ],
  [
    'restarts for all as soon as one may restart it',
    {},
    [due({ window: window('0 13 * * *') }), due({ ownerName: 'token' })],
    undefined,
  ],
  [
    'waits for the first one',
    { restartedAtMs: NOW },
    [due({ window: window('0 13 * * *') }), due({ ownerName: 'token', minIntervalMs: 2 * HOUR })],
    AT_ONE,
  ],
  [
    'does not restart again for one that it was restarted for',
    { restartedFor: new Map([['token', 'new']]) },
    [due({ window: window('0 13 * * *') }), due({ ownerName: 'token' })],
    AT_ONE,
  ],
  [
    'restarts for a later change',
    { restartedFor: new Map([['token', 'old']]) },
    [due({ window: window('0 13 * * *') }), due({ ownerName: 'token' })],
    undefined,
  ],
  ['waits for a rollout', { rollout: 'progressing' }, [due()], { reason: 'rollout', rollout: 'progressing' }],
  ['halts after a failed rollout', { rollout: 'failed' }, [due()], { reason: 'rollout', rollout: 'failed' }],
  [
    'does not look at a rollout before its time',
    { rollout: 'failed' },
    [due({ window: window('0 13 * * *') })],
    AT_ONE,
  ],
]

describe('restartDelay', () => {
  it.each(CASES)('%s', (_rule, state, requests, delay) => {
    expect(restartDelay({ ...IDLE, ...state }, requests, NOW)).toEqual(delay)
  })

  it('ends the delay at the reported time', () => {
    const inputs = fc.record({
      minIntervalMs: fc.integer({ min: 0, max: 48 * HOUR }),
      sinceMs: fc.integer({ min: 0, max: 48 * HOUR }),
      hour: fc.integer({ min: 0, max: 23 }),
      minutes: fc.integer({ min: 1, max: 300 }),
    })
    fc.assert(
      fc.property(inputs, ({ minIntervalMs, sinceMs, hour, minutes }) => {
        const requests = [due({ minIntervalMs, window: window(`0 ${hour} * * *`, `${minutes}m`) })]
        const state = { ...IDLE, restartedAtMs: NOW - sinceMs }
        const delay = restartDelay(state, requests, NOW)
        if (delay === undefined) return
        const untilMs = delay.reason === 'rollout' ? undefined : delay.untilMs
        expect(untilMs).toBeGreaterThan(NOW)
        expect(restartDelay(state, requests, (untilMs ?? 0) - 1)).toBeDefined()
        expect(restartDelay(state, requests, untilMs ?? 0)).toBeUndefined()
      }),
    )
  })
})
