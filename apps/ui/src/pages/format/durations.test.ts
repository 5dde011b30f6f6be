import { expect, it } from 'vitest'
import { durationOf } from './durations.ts'

it.each([
  [-5, '0 second'],
  [59.9, '59 second'],
  [60, '1 minute'],
  [3_599, '59 minute'],
  [3_600, '1 hour'],
  [11_100, '3 hour 5 minute'],
  [86_400, '1 day'],
  [187_200, '2 day 4 hour'],
  [86_400 * 14 + 7_200, '14 day'],
])('%d s is %s', (seconds, expected) =>
  expect(
    durationOf(seconds)
      .parts.map(({ unit, count }) => `${count} ${unit}`)
      .join(' '),
  ).toBe(expected),
)
