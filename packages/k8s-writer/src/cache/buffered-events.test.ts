import { expect, it } from 'vitest'
import { BufferedEvents } from './buffered-events.ts'

it('releases events in order, after the writes to the same key have ended', () => {
  const buffered = new BufferedEvents<string>()
  expect(buffered.accept('a', 'free')).toEqual(['free'])
  buffered.begin('a')
  buffered.begin('a')
  expect(buffered.accept('a', 'first')).toEqual([])
  expect(buffered.accept('b', 'other')).toEqual(['other'])
  expect(buffered.end('a')).toEqual([])
  expect(buffered.accept('a', 'second')).toEqual([])
  expect(buffered.end('a')).toEqual(['first', 'second'])
  expect(buffered.accept('a', 'free again')).toEqual(['free again'])
})

it('buffers events up to its limit', () => {
  const buffered = new BufferedEvents<number>()
  buffered.begin('a')
  const through = Array.from({ length: 100 }, (_, index) => buffered.accept('a', index)).flat()
  expect([...through, ...buffered.end('a')]).toEqual(Array.from({ length: 100 }, (_, index) => index))
  expect(through).toHaveLength(36)
})
