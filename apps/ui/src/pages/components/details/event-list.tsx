import type { JSX } from 'preact'
import type { EventsView } from '../../../model/views/index.ts'
import { useMessages } from '../../state/app.ts'
import { Empty, Section } from '../base/section.tsx'
import { Badge } from '../base/state-badge.tsx'
import { Text } from '../base/text.tsx'
import { Age } from '../base/time.tsx'

/** The latest Events of an object, or why there are none. */
export function EventList({ events }: { readonly events: EventsView }): JSX.Element {
  const messages = useMessages()
  const { events: texts } = messages
  return (
    <Section title={texts.title} class="card">
      {events.state === 'known' ? (
        <>
          {events.events.length === 0 ? <Empty>{texts.none}</Empty> : null}
          <ol class="events">
            {events.events.map((event) => (
              <li key={`${event.time} ${event.reason} ${event.message}`}>
                <Badge
                  tone={event.type === 'Warning' ? 'warn' : 'plain'}
                  icon={event.type === 'Warning' ? 'degraded' : 'check'}
                  text={event.reason}
                />
                <span class="event-time">
                  <Age at={event.time} as="ago" />
                  {event.count > 1 ? ` · ${texts.times(event.count)}` : ''}
                </span>
                <p class="event-message" lang="en">
                  <Text value={event.message} />
                </p>
              </li>
            ))}
          </ol>
        </>
      ) : (
        <Empty>{texts[events.state]}</Empty>
      )}
    </Section>
  )
}
