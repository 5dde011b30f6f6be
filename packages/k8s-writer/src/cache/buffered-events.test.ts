import { expect, it } from 'vitest'
import { HeldEvents } from './buffered-events.ts'

it('lets events through in order, but not while calls about the same key are under way', () => {
  const held = new HeldEvents<string>()
  expect(held.take('a', 'free')).toEqual(['free'])
  held.hold('a')
  held.hold('a')
  expect(held.take('a', 'first')).toEqual([])
  expect(held.take('b', 'other')).toEqual(['other'])
  expect(held.resume('a')).toEqual([])
  expect(held.take('a', 'second')).toEqual([])
  expect(held.resume('a')).toEqual(['first', 'second'])
  expect(held.take('a', 'free again')).toEqual(['free again'])
})

it('holds no more than it may', () => {
  const held = new HeldEvents<number>()
  held.hold('a')
  const through = Array.from({ length: 100 }, (_, index) => held.take('a', index)).flat()
  expect([...through, ...held.resume('a')]).toEqual(Array.from({ length: 100 }, (_, index) => index))
  expect(through).toHaveLength(36)
})
