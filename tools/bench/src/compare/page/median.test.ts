import { expect, it } from 'vitest'
import { round, spreadOf, writeSpread } from './median.ts'

it.each([
  [[3, 1, 2], { median: 2, min: 1, max: 3, runs: 3 }],
  [[4, 1, 2, 3], { median: 2.5, min: 1, max: 4, runs: 4 }],
  [[7], { median: 7, min: 7, max: 7, runs: 1 }],
  [[], undefined],
])('takes the median and the extremes of %j', (values, expected) => expect(spreadOf(values)).toEqual(expected))

it.each([
  [0, '0'],
  [0.0944, '0.094'],
  [0.7342, '0.734'],
  [1.5, '1.5'],
  [20, '20'],
  [99.97, '100'],
  [111.574, '112'],
  [12_345.6, '12,346'],
])('writes %d as %s', (value, text) => expect(round(value)).toBe(text))

it('shows the extremes only if they differ', () => {
  expect(writeSpread({ median: 12.31, min: 11.92, max: 12.84, runs: 3 })).toBe('12.3 (11.9–12.8)')
  expect(writeSpread({ median: 1, min: 0.9999, max: 1.0001, runs: 3 })).toBe('1')
})
