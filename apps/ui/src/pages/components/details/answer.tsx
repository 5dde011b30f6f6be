import type { ComponentChildren, JSX } from 'preact'
import type { GuideView } from '../../../model/views/index.ts'
import { useMessages } from '../../state/app.ts'
import { Guide } from '../cards/guide.tsx'
import type { Tone } from '../base/state-badge.tsx'
import { Text } from '../base/text.tsx'
import { Age } from '../base/time.tsx'

interface AnswerProps {
  readonly tone: Tone
  readonly badge: JSX.Element
  readonly row: { readonly state: string; readonly reason: string; readonly since?: string }
  /** Whether `row.since` is the start of a failure. */
  readonly isNotReady: boolean
  readonly message: string
  readonly guide?: GuideView | undefined
  readonly children?: ComponentChildren
}

/** The state of an object, its reason and message, and for anything but Ready what to do. */
export function Answer({ tone, badge, row, isNotReady, message, guide, children }: AnswerProps): JSX.Element {
  return (
    <section class={`answer tone-${tone}`} aria-labelledby="state">
      <h2 id="state" class="visually-hidden">
        {useMessages().resource.state}
      </h2>
      <p class="answer-head">
        {badge}
        {row.reason === '' ? null : (
          <strong class="answer-reason">
            <Text value={row.reason} />
          </strong>
        )}
        {row.since === undefined ? null : <Age at={row.since} as={isNotReady ? 'notReady' : 'since'} />}
      </p>
      {message === '' ? null : (
        <p class="answer-message" lang="en">
          <Text value={message} />
        </p>
      )}
      {row.state === 'ready' || guide === undefined ? null : <Guide guide={guide} />}
      {children}
    </section>
  )
}
