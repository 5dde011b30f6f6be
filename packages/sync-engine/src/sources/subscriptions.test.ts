import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Subscriptions } from './subscriptions.ts'

const anyStep = fc.record({
  subscriber: fc.constantFrom('a', 'b', 'c', 'd'),
  leaves: fc.boolean(),
  maxPerSecond: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
})

it('has the highest limit of those who are subscribed, or none if one has none, in any sequence', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const subscriptions = new Subscriptions()
      const limits = new Map<string, number>()
      for (const { subscriber, leaves, maxPerSecond } of steps) {
        if (leaves) {
          subscriptions.leave(subscriber)
          limits.delete(subscriber)
        } else {
          const budget = maxPerSecond === undefined ? undefined : { store: subscriber, isShared: false, maxPerSecond }
          subscriptions.join(subscriber, 10_000)
          subscriptions.limit(subscriber, budget)
          limits.set(subscriber, maxPerSecond ?? Infinity)
        }
        const highest = limits.size === 0 ? Infinity : Math.max(...limits.values())
        expect(subscriptions.budget?.maxPerSecond ?? Infinity).toBe(highest)
      }
    }),
  )
})
