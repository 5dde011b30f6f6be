import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkedIntervalMs, nextDueMs, stableHash, tickAtMs } from './schedule.ts'

describe('nextDueMs', () => {
  it('stays on one grid for any call, and returns each moment once', () => {
    const anyHash = fc.nat({ max: 2 ** 32 - 1 })
    const anyMoment = fc.double({ min: 0, max: 1e11, noNaN: true })
    fc.assert(
      fc.property(anyHash, fc.integer({ min: 50, max: 86_400_000 }), anyMoment, (hash, intervalMs, nowMs) => {
        const dueMs = nextDueMs(nowMs, intervalMs, hash)
        expect(dueMs).toBeGreaterThan(nowMs)
        expect(dueMs - nowMs).toBeLessThanOrEqual(intervalMs + 1e-3)
        expect(nextDueMs(dueMs, intervalMs, hash)).toBe(dueMs + intervalMs)
        expect((dueMs - nextDueMs(0, intervalMs, hash)) % intervalMs).toBe(0)
      }),
    )
  })

  it.each([
    ['240 moments of a minute', 60_000, 240],
    ['each second of an hour', 3_600_000, 3_600],
    ['each millisecond of a short interval', 100, 100],
  ])('is one of %s', (_moments, intervalMs, moments) => {
    const phases = Array.from({ length: 100_000 }, (_none, index) =>
      nextDueMs(0, intervalMs, stableHash(`app/db-${index}`)),
    )
    const dueMs = [...new Set(phases)].toSorted((a, b) => a - b)
    expect(dueMs).toHaveLength(moments)
    expect(new Set(dueMs.slice(1).map((at, index) => at - (dueMs[index] ?? 0)))).toEqual(
      new Set([intervalMs / moments]),
    )
  })

  it('is never without polling', () => expect(nextDueMs(5, Infinity, 1)).toBe(Infinity))
})

describe('stableHash', () => {
  it('is the same in every process', () =>
    expect(stableHash('["kms","app/db","stage:ACSCurrent"]')).toMatchInlineSnapshot(`2352640522`))

  it.each([(index: number) => `app/db-${index}`, (index: number) => `["c","team-${index}/db","stage:ACSCurrent"]`])(
    'distributes texts that differ in one digit (%#)',
    (text) => {
      const perBucket = Array.from({ length: 100 }, () => 0)
      for (let index = 0; index < 10_000; index += 1) {
        const bucket = Math.floor((stableHash(text(index)) / 2 ** 32) * 100)
        perBucket[bucket] = (perBucket[bucket] ?? 0) + 1
      }
      // 100 each on average, standard deviation 10.
      expect(Math.min(...perBucket)).toBeGreaterThan(60)
      expect(Math.max(...perBucket)).toBeLessThan(140)
    },
  )
})

describe('checkedIntervalMs', () => {
  it.each([
    [undefined, Infinity],
    [120_000, 120_000],
    [5_000.4, 5_000],
    [1, 50],
  ])('%s → %s', (given, taken) => expect(checkedIntervalMs(given)).toBe(taken))

  it.each([0, -1, NaN])('refuses %s', (given) => expect(() => checkedIntervalMs(given)).toThrow('intervalMs'))
})

it.each([
  [0, 0],
  [1, 50],
  [50, 50],
  [50.1, 100],
  [Infinity, Infinity],
])('tickAtMs(%s) is %s', (atMs, tickMs) => expect(tickAtMs(atMs)).toBe(tickMs))
