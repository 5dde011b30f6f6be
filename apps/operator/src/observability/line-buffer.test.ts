import { expect, it } from 'vitest'
import { LineBuffer } from './line-buffer.ts'

function collected(): { readonly writes: string[]; write(text: string): void } {
  const writes: string[] = []
  return { writes, write: (text) => void writes.push(text) }
}

it('writes the lines of one turn together, in order, and those of the next apart', async () => {
  const destination = collected()
  const buffer = new LineBuffer(destination)
  buffer.write('a\n')
  buffer.write('b\n')
  expect(destination.writes).toEqual([])
  await new Promise((resolve) => setImmediate(resolve))
  buffer.write('c\n')
  await new Promise((resolve) => setImmediate(resolve))
  expect(destination.writes).toEqual(['a\nb\n', 'c\n'])
})

it('holds nothing back when asked not to, or when there is much', () => {
  const destination = collected()
  const buffer = new LineBuffer(destination)
  buffer.write('a\n')
  buffer.flush()
  buffer.flush()
  buffer.write('x'.repeat(100_000))
  expect(destination.writes.map(({ length }) => length)).toEqual([2, 100_000])
})
