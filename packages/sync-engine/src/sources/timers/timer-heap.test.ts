import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type TimerItem, TimerHeap } from './timer-heap.ts'

it('always has the item with the smallest time first, after any moves', () => {
  const anyStep = fc.record({ item: fc.nat({ max: 19 }), atMs: fc.oneof(fc.nat({ max: 50 }), fc.constant(Infinity)) })
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
      const items = Array.from({ length: 20 }, (): TimerItem => ({ timerIndex: -1 }))
      const queue = new TimerHeap<TimerItem>()
      const model = new Map<TimerItem, number>()
      for (const { item: index, atMs } of steps) {
        const item = items[index] as TimerItem
        queue.set(item, atMs)
        if (atMs === Infinity) model.delete(item)
        else model.set(item, atMs)
        expect(queue.size).toBe(model.size)
        expect(queue.firstMs).toBe(Math.min(...model.values()))
        expect(queue.first && model.get(queue.first)).toBe(model.size ? queue.firstMs : undefined)
      }
      const order: number[] = []
      for (let first = queue.first; first !== undefined; first = queue.first) {
        order.push(queue.firstMs)
        queue.remove(first)
      }
      expect(order).toEqual([...model.values()].toSorted((a, b) => a - b))
      expect(items.every(({ timerIndex }) => timerIndex === -1)).toBe(true)
    }),
  )
})
