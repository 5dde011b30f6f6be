import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { ChangeView } from '../../../model/views/index.ts'
import { resourceHref } from '../../routes.ts'
import { useMessages } from '../../state/app.ts'
import { Icon, type IconName } from '../base/icon.tsx'
import { Empty, Section } from '../base/section.tsx'
import type { Tone } from '../base/state-badge.tsx'
import { Key, Text } from '../base/text.tsx'
import { Age } from '../base/time.tsx'

const SHOWN = 12

const KINDS: Readonly<Record<ChangeView['kind'], { readonly icon: IconName; readonly tone: Tone }>> = {
  written: { icon: 'sync', tone: 'plain' },
  ready: { icon: 'ready', tone: 'ok' },
  'not-ready': { icon: 'failing', tone: 'bad' },
  suspended: { icon: 'suspended', tone: 'pause' },
  created: { icon: 'plus', tone: 'plain' },
  restarted: { icon: 'restart', tone: 'plain' },
}

/** What changed in the last hour, the latest first. */
export function ChangeList({ changes }: { readonly changes: readonly ChangeView[] }): JSX.Element {
  const messages = useMessages()
  const isAll = useSignal(false)
  const shown = isAll.value ? changes : changes.slice(0, SHOWN)
  return (
    <Section title={messages.changes.title} class="card">
      {changes.length === 0 ? <Empty>{messages.changes.none}</Empty> : null}
      <ol class="changes">
        {shown.map((change) => (
          <li key={`${change.time} ${change.kind} ${change.resource} ${change.text}`}>
            <span class={`change-icon tone-${KINDS[change.kind].tone}`}>
              <Icon name={KINDS[change.kind].icon} />
            </span>
            <span class="change-what">
              <a href={resourceHref(change.resource)}>
                <Key value={change.resource} />
              </a>{' '}
              <span class="muted">
                {messages.changes.kinds[change.kind]}
                {textOf(change) === '' ? '' : ' '}
                <Text value={textOf(change)} />
              </span>
            </span>
            <span class="change-time">
              <Age at={change.time} as="ago" />
            </span>
          </li>
        ))}
      </ol>
      {changes.length > SHOWN ? (
        <button type="button" class="button" onClick={() => (isAll.value = !isAll.value)}>
          {isAll.value ? messages.changes.less : messages.changes.all(changes.length)}
        </button>
      ) : null}
    </Section>
  )
}

/** Ready needs no reason. */
function textOf({ kind, text }: ChangeView): string {
  return kind === 'ready' ? '' : text
}
