import type { JSX } from 'preact'
import { durationOf } from '../../format/durations.ts'
import type { Messages } from '../../languages/languages.ts'
import { useApp, useMessages } from '../../state/app.ts'

/** The age of a time: `3 h 5 min`. The exact time is its title. */
export function Age({ at, as = 'plain' }: { readonly at: string; readonly as?: keyof Messages['time'] }): JSX.Element {
  const { clock } = useApp()
  const messages = useMessages()
  const seconds = (clock.now.value - Date.parse(at)) / 1_000
  const text = Number.isNaN(seconds) ? '–' : durationText(Math.abs(seconds), messages)
  return (
    <time dateTime={at} title={exactTime(at, messages)}>
      {messages.time[as](text)}
    </time>
  )
}

/** `in 4 h` for what is to come, `4 h overdue` for a rotation in the past. */
export function Until({ at }: { readonly at: string }): JSX.Element {
  const { clock } = useApp()
  return <Age at={at} as={Date.parse(at) < clock.now.value ? 'overdue' : 'in'} />
}

export function durationText(seconds: number, messages: Messages): string {
  return durationOf(seconds)
    .parts.map(({ unit, count }) => messages.duration[unit](count))
    .join(' ')
}

/** Date and time in the time zone of the browser, to the second. */
export function exactTime(at: string, messages: Messages): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return at
  return formatOf(messages.locale).format(date)
}

/** To make one takes longer than to render a row, so each is made once. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(locale: string): Intl.DateTimeFormat {
  let format = formats.get(locale)
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'long' })
    formats.set(locale, format)
  }
  return format
}
