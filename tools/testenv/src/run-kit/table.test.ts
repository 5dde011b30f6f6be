import { expect, it } from 'vitest'
import { renderTable } from './table.ts'

it('makes columns as wide as their widest cell and leaves no blanks at the end', () => {
  expect(renderTable([['a', 'long cell', 'x'], ['longer', 'b'], ['c']])).toBe(
    ['a       long cell  x', 'longer  b', 'c'].join('\n'),
  )
})

it('rules off a header', () => {
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
