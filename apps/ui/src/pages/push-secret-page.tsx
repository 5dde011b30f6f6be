import type { JSX } from 'preact'
import type { PushSecretDetail } from '../model/views/index.ts'
import { Answer } from './components/details/answer.tsx'
import { CommandList } from './components/details/command-list.tsx'
import { ConditionList } from './components/details/condition-list.tsx'
import { DetailFrame } from './components/details/detail-frame.tsx'
import { DetailHead } from './components/details/detail-head.tsx'
import { DetailNote } from './components/details/detail-note.tsx'
import { EventList } from './components/details/event-list.tsx'
import { Graph } from './components/graph/graph.tsx'
import { PushSource } from './components/details/push-source.tsx'
import { PushTargets } from './components/details/push-targets.tsx'
import { Section } from './components/base/section.tsx'
import { RESOURCE_TONES, ResourceBadge } from './components/base/state-badge.tsx'
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
  const { row } = detail
  return (
    <>
      <Head detail={detail} />
      <Answer
        tone={RESOURCE_TONES[row.state]}
        badge={<ResourceBadge state={row.state} />}
        row={row}
        isNotReady={row.state !== 'ready'}
        message={detail.message}
        guide={detail.guide}
      />
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
          <CommandList commands={detail.commands} purposes={messages.push.purposes} />
        </div>
      </div>
    </>
  )
}

function Head({ detail }: { readonly detail: PushSecretDetail }): JSX.Element {
  const messages = useMessages()
  const { row } = detail
  return (
    <DetailHead kind="PushSecret" row={row}>
      {detail.createdAt === undefined ? null : (
        <li>
          {messages.resource.created} <Age at={detail.createdAt} as="ago" />
        </li>
      )}
      {row.isOutdated ? <DetailNote text={messages.row.outdated} /> : null}
      {row.isDeleting ? <DetailNote text={messages.row.deleting} /> : null}
    </DetailHead>
  )
}
