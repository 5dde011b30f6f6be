import { expect, it } from 'vitest'
import { BufferedEvents } from './buffered-events.ts'

it('releases events in order, after the writes to the same key have ended', () => {
  const held = new BufferedEvents<string>()
  expect(held.accept('a', 'free')).toEqual(['free'])
  held.begin('a')
  held.begin('a')
  expect(held.accept('a', 'first')).toEqual([])
  expect(held.accept('b', 'other')).toEqual(['other'])
  expect(held.end('a')).toEqual([])
  expect(held.accept('a', 'second')).toEqual([])
  expect(held.end('a')).toEqual(['first', 'second'])
  expect(held.accept('a', 'free again')).toEqual(['free again'])
})

it('buffers events up to its limit', () => {
  const held = new BufferedEvents<number>()
  held.begin('a')
  const through = Array.from({ length: 100 }, (_, index) => held.accept('a', index)).flat()
  expect([...through, ...held.end('a')]).toEqual(Array.from({ length: 100 }, (_, index) => index))
  expect(through).toHaveLength(36)
})
