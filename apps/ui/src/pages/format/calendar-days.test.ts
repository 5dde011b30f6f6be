import { expect, it } from 'vitest'
import type { RotationView } from '../../model/views/index.ts'
import { calendarWeeks, dayId } from './calendar-days.ts'

function rotation(date: Date): RotationView {
  return { time: date.toISOString(), secret: 'a', kind: 'kms', type: 'Rds', automatic: true, resources: [], count: 0 }
}

it.each([
  ['a Monday', new Date(2026, 2, 16, 12), '2026-03-16'],
  ['a Sunday', new Date(2026, 2, 22, 23, 59), '2026-03-16'],
  ['the turn of the year', new Date(2027, 0, 2), '2026-12-28'],
])('begins on the Monday of the week: %s', (_case, now, monday) => {
  const weeks = calendarWeeks([], now)
  expect(weeks.map((days) => days.length)).toEqual([7, 7, 7, 7, 7])
  expect(weeks[0]?.[0]?.id).toBe(monday)
  expect(
    weeks
      .flat()
      .filter(({ isToday }) => isToday)
      .map(({ id }) => id),
  ).toEqual([dayId(now)])
})

it('has each rotation on its local day, and leaves out later ones', () => {
  const now = new Date(2026, 2, 18, 3)
  const rotations = [
    rotation(new Date(2026, 2, 18, 0, 1)),
    rotation(new Date(2026, 2, 18, 23, 59)),
    rotation(new Date(2026, 5, 1)),
  ]
  const busy = calendarWeeks(rotations, now)
    .flat()
    .filter((day) => day.rotations.length > 0)
  expect(busy.map(({ id, rotations: { length } }) => [id, length])).toEqual([['2026-03-18', 2]])
})
