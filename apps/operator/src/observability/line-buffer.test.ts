import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LineBuffer } from './line-buffer.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function collected(): { readonly writes: string[]; write(text: string): void } {
  const writes: string[] = []
  return { writes, write: (text) => void writes.push(text) }
}

it('batches lines written within a short delay, in order', () => {
  const destination = collected()
  const buffer = new LineBuffer(destination)
  buffer.write('a\n')
  vi.advanceTimersByTime(49)
  buffer.write('b\n')
  expect(destination.writes).toEqual([])
  vi.advanceTimersByTime(1)
  buffer.write('c\n')
  vi.advanceTimersByTime(50)
  expect(destination.writes).toEqual(['a\nb\n', 'c\n'])
})

it('writes at once when flushed or when the buffer is full', () => {
  const destination = collected()
  const buffer = new LineBuffer(destination)
  buffer.write('a\n')
  buffer.flush()
  buffer.flush()
  buffer.write('x'.repeat(100_000))
  vi.runAllTimers()
  expect(destination.writes.map(({ length }) => length)).toEqual([2, 100_000])
})
