import type { JSX } from 'preact'
import type { ConditionView } from '../../../model/views/index.ts'
import { useMessages } from '../../state/app.ts'
import { Empty, Section } from '../base/section.tsx'
import { Badge } from '../base/state-badge.tsx'
import { Text } from '../base/text.tsx'
import { Age } from '../base/time.tsx'

const LOOKS = {
  True: { tone: 'ok', icon: 'ready' },
  False: { tone: 'bad', icon: 'failing' },
  Unknown: { tone: 'plain', icon: 'unknown' },
} as const

/** Conditions that are a warning while they are True. */
const WARNINGS: ReadonlySet<string> = new Set(['ClientKeyExpiring', 'CredentialExpiring', 'InsecureTLS'])

/** The conditions of a resource as in its status. */
export function ConditionList({
  conditions,
  message,
}: {
  readonly conditions: readonly ConditionView[]
  /** Of the resource; its Ready condition does not repeat it. */
  readonly message: string
}): JSX.Element {
  const messages = useMessages()
  return (
    <Section title={messages.conditions.title} class="card">
      {conditions.length === 0 ? <Empty>{messages.conditions.none}</Empty> : null}
      <ul class="conditions">
        {conditions.map((condition) => (
          <li key={condition.type}>
            <span class="condition-head">
              <Badge
                {...(WARNINGS.has(condition.type) && condition.status === 'True'
                  ? ({ tone: 'warn', icon: 'degraded' } as const)
                  : LOOKS[condition.status])}
                text={`${condition.type}: ${condition.status}`}
              />
              {/* The status has had its value for so long, but its reason may be newer. */}
              {condition.since === undefined ? null : (
                <span class="muted">
                  <Age at={condition.since} as="since" />
                </span>
              )}
              <strong>
                <Text value={condition.reason} />
              </strong>
            </span>
            {condition.message === '' ? null : message !== '' && condition.message.endsWith(message) ? (
              <p class="hint">{messages.conditions.shownAbove}</p>
            ) : (
              <p lang="en">
                <Text value={condition.message} />
              </p>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}
