import type { JSX } from 'preact'
import type { ResourceDetail } from '../model/views/index.ts'
import { Actions } from './components/details/actions.tsx'
import { Answer } from './components/details/answer.tsx'
import { CommandList } from './components/details/command-list.tsx'
import { ConditionList } from './components/details/condition-list.tsx'
import { DetailFrame } from './components/details/detail-frame.tsx'
import { DetailHead } from './components/details/detail-head.tsx'
import { DetailNote } from './components/details/detail-note.tsx'
import { EventList } from './components/details/event-list.tsx'
import { GeneratedList } from './components/details/generated-list.tsx'
import { Graph } from './components/graph/graph.tsx'
import { Section } from './components/base/section.tsx'
import { SourceList } from './components/details/source-list.tsx'
import { RESOURCE_TONES, ResourceBadge } from './components/base/state-badge.tsx'
import { TargetCard } from './components/cards/target-card.tsx'
import { Text } from './components/base/text.tsx'
import { Age } from './components/base/time.tsx'
import { ALL_RESOURCES, formatRoute } from './routes.ts'
import { useMessages } from './state/app.ts'
import { isResourceIncomplete, isResourcePolled } from './state/incomplete.ts'
import { useDetail } from './state/use-detail.ts'

/** One ExternalSecret: why it is in its state, since when, what to do; then everything about it. */
export function ResourcePage({ namespace, name }: { readonly namespace: string; readonly name: string }): JSX.Element {
  const messages = useMessages()
  const path = `api/v1/externalsecrets/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`
  const detail = useDetail<ResourceDetail>(path, {
    id: `${namespace}/${name}`,
    isIncomplete: isResourceIncomplete,
    isPolled: isResourcePolled,
  })
  return (
    <DetailFrame
      detail={detail.value}
      back={{ href: formatRoute({ page: 'resources', query: ALL_RESOURCES }), text: messages.nav.resources }}
      object={{ kind: 'ExternalSecret', namespace, name }}
    >
      {(value) => <Content detail={value} />}
    </DetailFrame>
  )
}

function Content({ detail }: { readonly detail: ResourceDetail }): JSX.Element {
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
      <Section title={messages.graph.title} class="card">
        <Graph graph={detail.graph} current={detail.row.key} />
      </Section>
      <div class="detail-grid">
        <div>
          {detail.sources.length === 0 && detail.generated.length > 0 ? null : (
            <SourceList sources={detail.sources} target={detail.target} message={detail.message} />
          )}
          <GeneratedList detail={detail} />
          <TargetCard detail={detail} />
        </div>
        <div>
          <ConditionList conditions={detail.conditions} message={detail.message} />
          <EventList events={detail.events} />
          <CommandList commands={detail.commands} purposes={messages.resource.purposes} />
        </div>
      </div>
    </>
  )
}

function Head({ detail }: { readonly detail: ResourceDetail }): JSX.Element {
  const messages = useMessages()
  const { row } = detail
  return (
    <DetailHead kind="ExternalSecret" row={row} actions={<Actions detail={detail} />}>
      {detail.createdAt === undefined ? null : (
        <li>
          {messages.resource.created} <Age at={detail.createdAt} as="ago" />
        </li>
      )}
      <li>
        {messages.resource.interval}{' '}
        {detail.rotationInterval === undefined ? messages.resource.defaultInterval : detail.rotationInterval}
      </li>
      {row.createdBy === undefined ? null : (
        <li>
          {messages.resource.createdBy}{' '}
          <a href={formatRoute({ page: 'clusterExternalSecret', name: row.createdBy })}>
            <Text value={row.createdBy} />
          </a>
        </li>
      )}
      {row.isOutdated ? <DetailNote text={messages.row.outdated} /> : null}
      {row.isRefreshing ? <DetailNote text={messages.row.refreshing} /> : null}
      {row.isDeleting ? <DetailNote text={messages.row.deleting} /> : null}
    </DetailHead>
  )
}
