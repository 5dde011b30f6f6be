import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { CalendarView, RotationView } from '../../../model/views/index.ts'
import { type CalendarDay, calendarWeeks, dayId } from '../../format/calendar-days.ts'
import { resourceHref } from '../../routes.ts'
import { useApp, useMessages } from '../../state/app.ts'
import { Empty, Section } from '../base/section.tsx'
import { Key, Text } from '../base/text.tsx'
import { Until } from '../base/time.tsx'

const SHOWN = 6
const SHOWN_RESOURCES = 3

/** Rotations of the next five weeks by day, and the next ones as a list. A day selects its own. */
export function RotationCard({ calendar }: { readonly calendar: CalendarView }): JSX.Element {
  const messages = useMessages()
  const { clock } = useApp()
  const day = useSignal('')
  const isAll = useSignal(false)
  const weeks = calendarWeeks(calendar.rotations, new Date(clock.now.value))
  const selected = calendar.rotations.filter(({ time }) => day.value === '' || dayId(new Date(time)) === day.value)
  const shown = isAll.value ? selected : selected.slice(0, SHOWN)
  const { rotations: texts } = messages
  return (
    <Section title={texts.title} class="card">
      {calendar.rotations.length === 0 ? (
        <Empty>{texts.none}</Empty>
      ) : (
        <>
          <CalendarTable
            weeks={weeks}
            selected={day.value}
            onSelect={(id) => (day.value = id === day.value ? '' : id)}
          />
          <ul class="rotations">
            {shown.map((rotation) => (
              <Rotation key={`${rotation.secret} ${rotation.time} ${rotation.resources[0]}`} rotation={rotation} />
            ))}
          </ul>
          {selected.length > SHOWN ? (
            <button type="button" class="button" onClick={() => (isAll.value = !isAll.value)}>
              {isAll.value ? texts.less : texts.all(selected.length)}
            </button>
          ) : null}
          {calendar.more > 0 ? <p class="hint">{texts.more(calendar.more)}</p> : null}
        </>
      )}
    </Section>
  )
}

function CalendarTable({
  weeks,
  selected,
  onSelect,
}: {
  readonly weeks: ReadonlyArray<readonly CalendarDay[]>
  readonly selected: string
  readonly onSelect: (id: string) => void
}): JSX.Element {
  const messages = useMessages()
  const weekday = new Intl.DateTimeFormat(messages.locale, { weekday: 'narrow' })
  const weekdayName = new Intl.DateTimeFormat(messages.locale, { weekday: 'long' })
  return (
    <table class="calendar">
      <caption class="visually-hidden">{messages.rotations.caption}</caption>
      <thead>
        <tr>
          {(weeks[0] ?? []).map(({ id, date }) => (
            <th key={id} scope="col">
              <span aria-hidden="true">{weekday.format(date)}</span>
              <span class="visually-hidden">{weekdayName.format(date)}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((days) => (
          <tr key={days[0]?.id}>
            {days.map((day) => (
              <Day key={day.id} day={day} isSelected={day.id === selected} onSelect={onSelect} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Day({
  day,
  isSelected,
  onSelect,
}: {
  readonly day: CalendarDay
  readonly isSelected: boolean
  readonly onSelect: (id: string) => void
}): JSX.Element {
  const messages = useMessages()
  const count = day.rotations.length
  const date = new Intl.DateTimeFormat(messages.locale, { month: 'long', day: 'numeric' }).format(day.date)
  const classes = `day ${day.isToday ? 'day-today' : ''} ${day.isPast ? 'day-past' : ''}`
  return (
    <td aria-current={day.isToday ? 'date' : undefined}>
      {count === 0 ? (
        <span class={classes}>{day.date.getDate()}</span>
      ) : (
        <button
          type="button"
          class={`${classes} day-busy`}
          aria-pressed={isSelected}
          title={messages.rotations.day(date, count)}
          onClick={() => onSelect(day.id)}
        >
          <span aria-hidden="true">{day.date.getDate()}</span>
          <span class="day-count" aria-hidden="true">
            {count > 99 ? '99+' : count}
          </span>
          <span class="visually-hidden">{messages.rotations.day(date, count)}</span>
        </button>
      )}
    </td>
  )
}

function Rotation({ rotation }: { readonly rotation: RotationView }): JSX.Element {
  const messages = useMessages()
  const { clock } = useApp()
  const isOverdue = Date.parse(rotation.time) < clock.now.value
  return (
    <li>
      <span class="rotation-secret">
        <Text value={rotation.secret} />
      </span>
      <span class={`rotation-time ${isOverdue ? 'tone-warn' : ''}`}>
        <Until at={rotation.time} />
      </span>
      <span class="rotation-users">
        {rotation.kind !== 'kms'
          ? messages.rotations[rotation.kind]
          : rotation.automatic
            ? messages.rotations.automatic
            : messages.rotations.manual}
        {rotation.resources.slice(0, SHOWN_RESOURCES).map((key) => (
          <a key={key} href={resourceHref(key)}>
            <Key value={key} />
          </a>
        ))}
        {rotation.count > SHOWN_RESOURCES ? messages.rotations.others(rotation.count - SHOWN_RESOURCES) : ''}
      </span>
    </li>
  )
}
