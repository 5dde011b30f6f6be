import type { JSX } from 'preact'
import type { StoreDetail, StoreRow } from '../model/views/index.ts'
import { Admission } from './components/cards/admission.tsx'
import { Answer } from './components/details/answer.tsx'
import { CountBar } from './components/tables/count-bar.tsx'
import { DetailFrame } from './components/details/detail-frame.tsx'
import { DetailHead } from './components/details/detail-head.tsx'
import { EventList } from './components/details/event-list.tsx'
import { Graph } from './components/graph/graph.tsx'
import { ResourceLinks } from './components/details/resource-links.tsx'
import { Empty, Section } from './components/base/section.tsx'
import { STORE_TONES, StoreBadge } from './components/base/state-badge.tsx'
import { StorePushSecrets } from './components/details/store-push-secrets.tsx'
import { Key, Text } from './components/base/text.tsx'
import { Age, Until } from './components/base/time.tsx'
import { formatRoute, resourceHref } from './routes.ts'
import { useMessages } from './state/app.ts'
import { isStoreIncomplete } from './state/incomplete.ts'
import { useDetail } from './state/use-detail.ts'

/** One store: its identity and endpoint, who may use it, who does, and the last refusal. An empty namespace is a ClusterSecretStore. */
export function StorePage({ namespace, name }: { readonly namespace: string; readonly name: string }): JSX.Element {
  const messages = useMessages()
  const isCluster = namespace === ''
  const encoded = encodeURIComponent(name)
  const path = isCluster
    ? `api/v1/clustersecretstores/${encoded}`
    : `api/v1/secretstores/${encodeURIComponent(namespace)}/${encoded}`
  const id = isCluster ? `ClusterSecretStore ${name}` : `SecretStore ${namespace}/${name}`
  const detail = useDetail<StoreDetail>(path, { id, isIncomplete: isStoreIncomplete })
  return (
    <DetailFrame
      detail={detail.value}
      back={{ href: formatRoute({ page: 'stores', text: '' }), text: messages.nav.stores }}
      object={{ kind: isCluster ? 'ClusterSecretStore' : 'SecretStore', namespace, name }}
    >
      {(value) => <Content detail={value} />}
    </DetailFrame>
  )
}

function Content({ detail }: { readonly detail: StoreDetail }): JSX.Element {
  const messages = useMessages()
  const { row } = detail
  return (
    <>
      <DetailHead kind={row.kind} row={row} />
      <Answer
        tone={STORE_TONES[row.state]}
        badge={<StoreBadge state={row.state} />}
        row={row}
        isNotReady={row.state === 'failing'}
        message={detail.message}
        guide={detail.guide}
      />
      <div class="detail-grid">
        <div>
          <Users row={row} />
          <StorePushSecrets store={row.id} />
          <Section title={messages.graph.title} class="card">
            <Graph graph={detail.graph} current={row.id} />
          </Section>
        </div>
        <div>
          <Facts row={row} />
          <Admission store={row} />
          <Refusal row={row} />
          <EventList events={detail.events} />
        </div>
      </div>
    </>
  )
}

function Facts({ row }: { readonly row: StoreRow }): JSX.Element {
  const { stores: texts } = useMessages()
  const facts = [
    [texts.principal, row.principal],
    [texts.account, row.account],
    [texts.endpoint, row.endpoint],
    [texts.provider, row.provider],
  ].filter(([, value]) => value !== '')
  return (
    <Section title={texts.connection} class="card">
      {facts.length === 0 ? <Empty>{texts.unreported}</Empty> : null}
      <dl class="facts">
        {facts.map(([title, value = '']) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd class="break">
              <Text value={value} />
            </dd>
          </div>
        ))}
        {row.clientKeyExpiration === undefined ? null : (
          <>
            <dt>{texts.clientKey}</dt>
            <dd>
              <Until at={row.clientKeyExpiration} />
            </dd>
          </>
        )}
        {row.lastResponse === undefined ? null : (
          <>
            <dt>{texts.lastResponse}</dt>
            <dd>
              <Age at={row.lastResponse} as="ago" />
            </dd>
          </>
        )}
      </dl>
    </Section>
  )
}

function Users({ row }: { readonly row: StoreRow }): JSX.Element {
  const messages = useMessages()
  return (
    <Section title={messages.stores.users} class="card" note={messages.row.resources(row.users.total)}>
      {row.users.total === 0 ? (
        <Empty>{messages.stores.unused}</Empty>
      ) : (
        <>
          <CountBar counts={row.users} query={{ store: row.id }} />
          <ResourceLinks query={{ store: row.id }} />
        </>
      )}
    </Section>
  )
}

function Refusal({ row }: { readonly row: StoreRow }): JSX.Element {
  const { stores: texts } = useMessages()
  const refusal = row.lastRefusal
  return (
    <Section title={texts.refusal} class="card">
      {refusal === undefined ? (
        <Empty>{texts.noRefusal}</Empty>
      ) : (
        <>
          <p>
            <strong>
              <Text value={refusal.reason} />
            </strong>{' '}
            <span class="muted">
              <Age at={refusal.time} as="ago" />
            </span>{' '}
            <a href={resourceHref(refusal.resource)}>
              <Key value={refusal.resource} />
            </a>
          </p>
          <p lang="en" class="break">
            <Text value={refusal.message} />
          </p>
        </>
      )}
    </Section>
  )
}
