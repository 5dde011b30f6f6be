import type { JSX } from 'preact'
import type { PushSecretDetail } from '../model/views/index.ts'
import { ConditionList } from './components/details/condition-list.tsx'
import { CopyCommand } from './components/base/copy-command.tsx'
import { DetailFrame } from './components/details/detail-frame.tsx'
import { DetailNote } from './components/details/detail-note.tsx'
import { EventList } from './components/details/event-list.tsx'
import { Graph } from './components/graph/graph.tsx'
import { Guide } from './components/cards/guide.tsx'
import { PushSource } from './components/details/push-source.tsx'
import { PushTargets } from './components/details/push-targets.tsx'
import { Section } from './components/base/section.tsx'
import { RESOURCE_TONES, ResourceBadge } from './components/base/state-badge.tsx'
import { Text } from './components/base/text.tsx'
import { Age } from './components/base/time.tsx'
import { formatRoute } from './routes.ts'
import { useMessages } from './state/app.ts'
import { isPushSecretIncomplete, isPushSecretPolled } from './state/incomplete.ts'
import { useDetail } from './state/use-detail.ts'

/** One PushSecret: why it is in its state, since when, what to do; then its Secret and its KMS secrets. */
export function PushSecretPage({
  namespace,
  name,
}: {
  readonly namespace: string
  readonly name: string
}): JSX.Element {
  const messages = useMessages()
  const path = `api/v1/pushsecrets/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`
  const detail = useDetail<PushSecretDetail>(path, {
    id: `PushSecret ${namespace}/${name}`,
    isIncomplete: isPushSecretIncomplete,
    isPolled: isPushSecretPolled,
  })
  return (
    <DetailFrame
      detail={detail.value}
      back={{ href: formatRoute({ page: 'pushSecrets', text: '' }), text: messages.push.title }}
      object={{ kind: 'PushSecret', namespace, name }}
    >
      {(value) => <Content detail={value} />}
    </DetailFrame>
  )
}

function Content({ detail }: { readonly detail: PushSecretDetail }): JSX.Element {
  const messages = useMessages()
  return (
    <>
      <Head detail={detail} />
      <Answer detail={detail} />
      <Section title={messages.push.graph} class="card">
        <Graph graph={detail.graph} current={detail.row.id} label={messages.push.graphLabel} />
      </Section>
      <div class="detail-grid">
        <div>
          <PushTargets detail={detail} />
          <PushSource detail={detail} />
        </div>
        <div>
          <ConditionList conditions={detail.conditions} message={detail.message} />
          <EventList events={detail.events} />
          <Section title={messages.resource.commands} class="card">
            <ul class="plain-list">
              {detail.commands.map(({ for: purpose, text }) => (
                <li key={text}>
                  <span class="muted">{messages.push.purposes[purpose]}</span>
                  <CopyCommand command={text} />
                </li>
              ))}
            </ul>
          </Section>
        </div>
      </div>
    </>
  )
}

function Head({ detail }: { readonly detail: PushSecretDetail }): JSX.Element {
  const messages = useMessages()
  const { row } = detail
  return (
    <header class="detail-head">
      <div class="detail-title">
        <p class="detail-kind">
          PushSecret · <Text value={row.namespace} />
        </p>
        <h1 tabIndex={-1}>
          <Text value={row.name} />
        </h1>
        <ul class="detail-facts">
          {detail.createdAt === undefined ? null : (
            <li>
              {messages.resource.created} <Age at={detail.createdAt} as="ago" />
            </li>
          )}
          {row.isOutdated ? <DetailNote text={messages.row.outdated} /> : null}
          {row.isDeleting ? <DetailNote text={messages.row.deleting} /> : null}
        </ul>
      </div>
    </header>
  )
}

/** The state, its reason and message, and for anything but Ready what to do. */
function Answer({ detail }: { readonly detail: PushSecretDetail }): JSX.Element {
  const messages = useMessages()
  const { row } = detail
  return (
    <section class={`answer tone-${RESOURCE_TONES[row.state]}`} aria-labelledby="state">
      <h2 id="state" class="visually-hidden">
        {messages.resource.state}
      </h2>
      <p class="answer-head">
        <ResourceBadge state={row.state} />
        {row.reason === '' ? null : (
          <strong class="answer-reason">
            <Text value={row.reason} />
          </strong>
        )}
        {row.since === undefined ? null : <Age at={row.since} as={row.state === 'ready' ? 'since' : 'notReady'} />}
      </p>
      {detail.message === '' ? null : (
        <p class="answer-message" lang="en">
          <Text value={detail.message} />
        </p>
      )}
      {row.state === 'ready' || detail.guide === undefined ? null : <Guide guide={detail.guide} />}
    </section>
  )
}
