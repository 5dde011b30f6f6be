import { expect, it } from 'vitest'
import { renderTable } from './table.ts'

it('has columns as wide as their widest cell, without trailing blanks', () => {
  expect(renderTable([['a', 'long cell', 'x'], ['longer', 'b'], ['c']])).toBe(
    ['a       long cell  x', 'longer  b', 'c'].join('\n'),
  )
})

it('separates the header by a line', () => {
  expect(
    renderTable(
      [
        ['goal', 'met'],
        ['memory', 'yes'],
      ],
      true,
    ).split('\n'),
  ).toEqual(['goal    met', '──────  ───', 'memory  yes'])
})

it('is empty without rows', () => {
  expect(renderTable([])).toBe('')
})
