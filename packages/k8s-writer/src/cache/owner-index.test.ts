import { expect, it } from 'vitest'
import { OwnerIndex } from './owner-index.ts'

it('has the keys of each owner, in the order in which they were added', () => {
  const index = new OwnerIndex()
  index.add('a', '1')
  index.add('a', '1')
  index.add('b', '2')
  expect([index.of('a'), index.of('b'), index.of('c')]).toEqual([['1'], ['2'], []])
  index.add('a', '2')
  index.add('a', '3')
  index.delete('a', '1')
  index.add('a', '1')
  expect(index.of('a')).toEqual(['2', '3', '1'])
  for (const key of ['1', '2', '3', '4']) index.delete('a', key)
  index.delete('b', '1')
  index.delete('c', '1')
  expect([index.of('a'), index.of('b')]).toEqual([[], ['2']])
})

it('takes no longer for a key of an owner with many keys', () => {
  const index = new OwnerIndex()
  const keys = Array.from({ length: 30_000 }, (_, at) => String(at))
  const { user } = process.cpuUsage()
  for (const key of keys) index.add('a', key)
  for (const key of keys) index.delete('a', key)
  expect((process.cpuUsage().user - user) / 1_000).toBeLessThan(1_000)
  expect(index.of('a')).toEqual([])
})
