import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SlidingQuota } from './sliding-quota.ts'

it('allows exactly its number of calls in any second', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 }), steps, (perSecond, delays) => {
      const quota = new SlidingQuota(perSecond)
      const granted: number[] = []
      let nowMs = 0
      for (const delay of delays) {
        nowMs += delay
        const recent = granted.filter((at) => nowMs - at < 1_000).length
        expect(quota.take(nowMs)).toBe(recent < perSecond)
        if (recent < perSecond) granted.push(nowMs)
      }
    }),
  )
})
