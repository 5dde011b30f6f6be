import type { RotationView } from '../../model/views/index.ts'

/** A day of the calendar in the time zone of the browser. */
export interface CalendarDay {
  /** `2026-11-29`. */
  readonly id: string
  readonly date: Date
  readonly isToday: boolean
  readonly isPast: boolean
  readonly rotations: readonly RotationView[]
}

const WEEKS = 5

/** Five weeks of seven days from the Monday of this week. */
export function calendarWeeks(rotations: readonly RotationView[], now: Date): ReadonlyArray<readonly CalendarDay[]> {
  const byDay = new Map<string, RotationView[]>()
  for (const rotation of rotations) {
    const id = dayId(new Date(rotation.time))
    byDay.set(id, [...(byDay.get(id) ?? []), rotation])
  }
  const today = dayId(now)
  const monday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - ((now.getDay() + 6) % 7))
  return Array.from({ length: WEEKS }, (_week, week) =>
    Array.from({ length: 7 }, (_day, weekday) => {
      const date = new Date(monday.getFullYear(), monday.getMonth(), monday.getDate() + week * 7 + weekday)
      const id = dayId(date)
      return { id, date, isToday: id === today, isPast: id < today, rotations: byDay.get(id) ?? [] }
    }),
  )
}

/** The local date as in ISO 8601. */
export function dayId(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0')
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
