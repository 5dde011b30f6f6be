import { describe, expect, it } from 'vitest'
import { WatchBackoff } from './watch-backoff.ts'

const backoff = { baseMs: 1_000, maxMs: 30_000 }
const widest = (): WatchBackoff => new WatchBackoff({ backoff, random: () => 0 })

describe('WatchBackoff', () => {
  it('grows with every short attempt, failed or not', () => {
    const pauses = widest()
    const last = [true, false, true, false, true, true, true].map((failed) => pauses.next({ livedMs: 10, failed }))
    expect(last).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  })

  it('is reset by a long attempt', () => {
    const pauses = widest()
    for (let failures = 0; failures < 5; failures += 1) pauses.next({ livedMs: 0, failed: true })
    expect(pauses.next({ livedMs: 30_000, failed: true })).toBe(1_000)
  })

  it('is zero after a long attempt with a clean end', () => {
    expect(widest().next({ livedMs: 300_000, failed: false })).toBe(0)
  })

  it('respects Retry-After up to five minutes', () => {
    expect(widest().next({ livedMs: 0, failed: true, retryAfterMs: 10_000 })).toBe(10_000)
    expect(widest().next({ livedMs: 0, failed: true, retryAfterMs: 3_600_000 })).toBe(300_000)
  })

  it('is uniformly distributed from zero to the ceiling', () => {
    const pauses = new WatchBackoff({ backoff, random: () => 0.75 })
    expect(pauses.next({ livedMs: 0, failed: true })).toBe(250)
  })
})
