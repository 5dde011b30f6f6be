import type { JSX } from 'preact'
import type { AccessView, ReadState } from '../model/views/index.ts'
import { CopyCommand } from './components/base/copy-command.tsx'
import type { IconName } from './components/base/icon.tsx'
import { Section } from './components/base/section.tsx'
import { Badge, type Tone } from './components/base/state-badge.tsx'
import { Text } from './components/base/text.tsx'
import { Age } from './components/base/time.tsx'
import { useApp, useMessages } from './state/app.ts'

const LOOKS: Readonly<Record<ReadState, { readonly tone: Tone; readonly icon: IconName }>> = {
  loading: { tone: 'wait', icon: 'pending' },
  live: { tone: 'ok', icon: 'ready' },
  polling: { tone: 'wait', icon: 'refresh' },
  forbidden: { tone: 'warn', icon: 'access' },
  absent: { tone: 'plain', icon: 'unknown' },
  disconnected: { tone: 'bad', icon: 'unreachable' },
}

/** What these pages read of the cluster, with the permissions of the user: what is live, what is hidden, and what helps. */
export function AccessPage(): JSX.Element {
  const { data } = useApp()
  const messages = useMessages()
  const session = data.session.value
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1}>{messages.nav.access}</h1>
      </header>
      <p class="lead">{messages.access.text}</p>
      <div class="detail-grid">
        <Section title={messages.access.kinds} class="card">
          <ul class="access">
            {data.access.value.map((access) => (
              <Kind key={access.kind} access={access} />
            ))}
          </ul>
        </Section>
        <Section title={messages.access.session} class="card">
          {session === undefined ? null : (
            <dl class="facts">
              <dt>{messages.access.context}</dt>
              <dd>{session.context === '' ? '–' : <Text value={session.context} />}</dd>
              <dt>{messages.access.apiServer}</dt>
              <dd class="break">
                <Text value={session.apiServer} />
              </dd>
              <dt>{messages.access.namespace}</dt>
              <dd>{session.namespace === undefined ? messages.access.all : <Text value={session.namespace} />}</dd>
              <dt>{messages.access.version}</dt>
              <dd>{session.version}</dd>
              <dt>{messages.access.changes}</dt>
              <dd>{session.isReadOnly ? messages.access.readOnly : messages.access.byRbac}</dd>
            </dl>
          )}
          <p class="hint">{messages.access.values}</p>
        </Section>
      </div>
    </>
  )
}

function Kind({ access }: { readonly access: AccessView }): JSX.Element {
  const messages = useMessages()
  return (
    <li>
      <span class="access-kind">{messages.access.names[access.kind]}</span>
      <Badge {...LOOKS[access.state]} text={messages.access.states[access.state]} />
      <span class="muted access-count">
        {access.state === 'live' || access.state === 'polling' || access.state === 'disconnected'
          ? messages.access.count(access.count)
          : ''}
        {access.state === 'disconnected' ? (
          <>
            {' · '}
            <Age at={access.since} as="since" />
          </>
        ) : null}
      </span>
      {access.message === '' ? null : (
        <p class="access-message" lang="en">
          <Text value={access.message} />
        </p>
      )}
      {access.hint === '' ? null : <CopyCommand command={access.hint} />}
    </li>
  )
}
