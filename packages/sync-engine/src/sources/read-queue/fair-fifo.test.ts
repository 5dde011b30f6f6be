import { expect, it } from 'vitest'
import { FairFifo } from './fair-fifo.ts'
import type { Fifo } from './fifo.ts'

class Item {
  list: Fifo<Item> | undefined
  previous: Item | undefined
  next: Item | undefined
  readonly group: string
  readonly number: number

  constructor(group: string, number: number) {
    this.group = group
    this.number = number
  }
}

function servedBy(fifo: FairFifo<Item>): string[] {
  const names: string[] = []
  for (let first = fifo.first; first; first = fifo.first) {
    names.push(`${first.group}${first.number}`)
    fifo.remove(first, { isServed: true })
  }
  return names
}

it('lets groups take turns, and the items of each in order of arrival', () => {
  const line = new FairFifo<Item>(false, ({ group }) => group)
  for (const [group, number] of [
    ['a', 1],
    ['a', 2],
    ['a', 3],
    ['b', 1],
    ['b', 2],
    ['c', 1],
  ] as const) {
    line.push(new Item(group, number))
  }
  expect(line.size).toBe(6)
  expect(servedBy(line)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  expect([line.size, line.first]).toEqual([0, undefined])
})

it('removes an item from the middle, and rejects items of another list', () => {
  const [line, other] = [
    new FairFifo<Item>(false, ({ group }) => group),
    new FairFifo<Item>(false, ({ group }) => group),
  ]
  const items = [new Item('a', 1), new Item('a', 2), new Item('b', 1)]
  for (const item of items) line.push(item)
  const [first, second] = items
  if (!first || !second) throw new Error('no items')
  line.remove(first)
  expect(() => other.remove(second)).toThrow('not in this list')
  expect(servedBy(line)).toEqual(['a2', 'b1'])
})
