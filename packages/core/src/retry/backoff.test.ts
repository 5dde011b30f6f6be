import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffWithin, fullJitter } from './backoff.ts'

describe('fullJitter', () => {
  it('draws from above zero up to a ceiling that doubles to its maximum', () => {
    const options = { baseMs: 2_000, maxMs: 300_000 }
    const ceilings = [0, 1, 2, 7, 8, 1_000].map((attempt) => fullJitter(attempt, options, () => 0))
    expect(ceilings).toEqual([2_000, 4_000, 8_000, 256_000, 300_000, 300_000])
    fc.assert(
      fc.property(fc.nat(2_000), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (attempt, random) => {
        const pause = fullJitter(attempt, options, () => random)
        expect(pause).toBeGreaterThan(0)
        expect(pause).toBeLessThanOrEqual(300_000)
      }),
    )
  })
})

it.each([
  [0, 4_000],
  [10_000, 24_000],
  [148_000, 300_000],
  [3_600_000, 300_000],
])('after %d ms of failures, the longest pause is %d ms', (failingMs, maxMs) => {
  expect(backoffWithin(failingMs, { baseMs: 2_000, maxMs: 300_000 })).toEqual({ baseMs: 2_000, maxMs })
})
