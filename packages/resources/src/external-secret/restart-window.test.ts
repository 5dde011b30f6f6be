import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { windowOpensAt, windowProblem } from './restart-window.ts'

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

describe('a time in the hour that summer time skips', () => {
  const now = at('2026-11-29T00:00:00Z')
  it.each([
    ['* 2 * 3 SUN#2', 'America/New_York'],
    ['* 2 * 3 0L', 'Europe/Berlin'],
    ['* 1 * 3 0L', 'Europe/London'],
    ['* 2 * 10 0#1', 'Australia/Sydney'],
  ])('never opens: %s in %s', (cron, timeZone) => {
    expect(windowOpensAt({ cron, timeZone, duration: '1h' }, now)).toBeUndefined()
  })

  // croner's own search takes five seconds for each.
  it('is not searched for long', { timeout: 60_000 }, () => {
    for (let minute = 1; minute < 40; minute += 1) {
      const window = { cron: `${minute}-59 1 * 3 0L`, timeZone: 'Europe/London', duration: '1h' }
      expect(windowOpensAt(window, now)).toBeUndefined()
    }
  })
})

it('returns the same whatever was asked before', () => {
  const window = { cron: '0 2 * * *', timeZone: 'Asia/Shanghai', duration: '90m' }
  const hour = fc.integer({ min: 0, max: 24 * 400 })
  fc.assert(
    fc.property(fc.array(hour, { minLength: 2, maxLength: 20 }), (hours) => {
      for (const each of hours) {
        const nowMs = at('2026-01-01T00:00:00Z') + each * 60 * MINUTE
        const other = { ...window, timeZone: 'Asia/Taipei' }
        expect(windowOpensAt(window, nowMs)).toBe(windowOpensAt(other, nowMs))
        const opens = windowOpensAt(window, nowMs) ?? 0
        const isOpen = (nowMs / (60 * MINUTE) - 18) % 24 < 1.5 && (nowMs / (60 * MINUTE)) % 24 >= 18
        expect(opens === nowMs).toBe(isOpen)
        expect(opens - nowMs).toBeLessThanOrEqual(24 * 60 * MINUTE)
      }
    }),
  )
})

describe('windowProblem', () => {
  it.each<[cron: string, problem: unknown]>([
    ['0 2 * * *', undefined],
    ['@daily', undefined],
    ['0 2 29 2 *', undefined],
    ['0 2 31 1,2 *', undefined],
    ['0 2 30 2 MON', undefined],
    ['0 2 L 2 *', undefined],
    ['0 2 31 2 *', ['cron', 'this time never occurs']],
    ['0 2 30,31 2 *', ['cron', 'this time never occurs']],
    ['0 2 31 4,6,9,11 *', ['cron', 'this time never occurs']],
    ['0 2 * *', ['cron', expect.stringContaining('expected a cron expression')]],
    ['0 25 * * *', ['cron', expect.stringContaining('expected a cron expression')]],
    ['0 0 2 * * *', ['cron', expect.stringContaining('expected a cron expression')]],
  ])('%s', (cron, problem) => {
    for (const timeZone of ['UTC', 'America/New_York', 'Pacific/Apia']) {
      expect(windowProblem({ cron, timeZone })).toEqual(problem)
    }
  })

  it('agrees with the calendar about dates', () => {
    const days = fc.uniqueArray(fc.integer({ min: 26, max: 31 }), { minLength: 1, maxLength: 3 })
    const months = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(days, months, (dates, ofMonths) => {
        const occurs = ofMonths.some((month) =>
          dates.some((day) => new Date(Date.UTC(2028, month - 1, day)).getUTCMonth() === month - 1),
        )
        const problem = windowProblem({ cron: `0 2 ${dates.join()} ${ofMonths.join()} *`, timeZone: 'UTC' })
        expect(problem === undefined).toBe(occurs)
      }),
      { numRuns: 50 },
    )
  })
})
