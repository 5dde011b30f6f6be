import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { windowOpensAt } from './restart-window.ts'

const MINUTE = 60_000
const at = (text: string): number => Date.parse(text)
const NIGHTLY = { cron: '0 2 * * *', timeZone: 'Asia/Shanghai', duration: '90m' }

describe('windowOpensAt', () => {
  it.each([
    ['before it opens', '2026-11-29T17:59:59.999Z', '2026-11-29T18:00:00Z'],
    ['when it opens', '2026-11-29T18:00:00Z', '2026-11-29T18:00:00Z'],
    ['while it is open', '2026-11-29T19:29:59.999Z', '2026-11-29T19:29:59.999Z'],
    ['when it closes', '2026-11-29T19:30:00Z', '2026-11-30T18:00:00Z'],
  ])('knows the time zone and the duration: %s', (_when, now, opens) => {
    expect(windowOpensAt(NIGHTLY, at(now))).toBe(at(opens))
  })

  it.each([
    ['skips an hour', '2026-03-08T00:00:00Z', '2026-03-08T07:00:00Z'],
    ['has an hour twice', '2026-11-01T00:00:00Z', '2026-11-01T07:30:00Z'],
  ])('opens once on a day that %s', (_what, now, opens) => {
    const window = { cron: '30 2 * * *', timeZone: 'America/New_York', duration: '1m' }
    expect(windowOpensAt(window, at(now))).toBe(at(opens))
  })

  it('is always open if it lasts until it opens again', () => {
    const window = { cron: '0 * * * *', timeZone: 'UTC', duration: '1h' }
    fc.assert(fc.property(fc.integer({ min: 0, max: 4e12 }), (nowMs) => windowOpensAt(window, nowMs) === nowMs))
  })

  it('agrees with a count of minutes', () => {
    const inputs = fc.record({
      nowMs: fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }),
      minute: fc.integer({ min: 0, max: 59 }),
      hour: fc.integer({ min: 0, max: 23 }),
      minutes: fc.integer({ min: 1, max: 3_000 }),
    })
    fc.assert(
      fc.property(inputs, ({ nowMs, minute, hour, minutes }) => {
        const window = { cron: `${minute} ${hour} * * *`, timeZone: 'UTC', duration: `${minutes}m` }
        const today = nowMs - (nowMs % (1_440 * MINUTE)) + (hour * 60 + minute) * MINUTE
        const openings = [-3, -2, -1, 0, 1].map((day) => today + day * 1_440 * MINUTE)
        const isOpen = openings.some((start) => start <= nowMs && nowMs < start + minutes * MINUTE)
        const next = openings.find((start) => start > nowMs)
        expect(windowOpensAt(window, nowMs)).toBe(isOpen ? nowMs : next)
      }),
    )
  })
})
