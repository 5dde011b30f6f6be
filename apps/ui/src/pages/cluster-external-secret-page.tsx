import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { ClusterExternalSecretRow } from '../model/views/index.ts'
import { Answer } from './components/details/answer.tsx'
import { CountBar } from './components/tables/count-bar.tsx'
import { CopyCommand } from './components/base/copy-command.tsx'
import { DetailFrame } from './components/details/detail-frame.tsx'
import { DetailHead } from './components/details/detail-head.tsx'
import { Icon } from './components/base/icon.tsx'
import { SearchField } from './components/tables/search-field.tsx'
import { Empty, Section } from './components/base/section.tsx'
import { RESOURCE_TONES, ResourceBadge } from './components/base/state-badge.tsx'
import { Text } from './components/base/text.tsx'
import { formatRoute, resourceHref } from './routes.ts'
import { useApp, useMessages } from './state/app.ts'

const SHOWN = 60

/** One ClusterExternalSecret by namespace. */
export function ClusterExternalSecretPage({ name }: { readonly name: string }): JSX.Element {
  const { data } = useApp()
  const messages = useMessages()
  const row = data.clusterExternalSecrets.value.get(name)
  return (
    <DetailFrame
      detail={row === undefined ? { state: 'missing' } : { state: 'known', value: row }}
      back={{ href: formatRoute({ page: 'clusterExternalSecrets', text: '' }), text: messages.nav.cluster }}
      object={{ kind: 'ClusterExternalSecret', namespace: '', name }}
    >
      {(value) => <Content row={value} />}
    </DetailFrame>
  )
}

function Content({ row }: { readonly row: ClusterExternalSecretRow }): JSX.Element {
  const messages = useMessages()
  const state = row.isSuspended ? 'suspended' : row.state
  return (
    <>
      <DetailHead kind="ClusterExternalSecret" row={row} />
      <Answer
        tone={RESOURCE_TONES[state]}
        badge={<ResourceBadge state={state} />}
        row={row}
        isNotReady={row.state === 'failing'}
        message={row.message}
      >
        <div class="commands">
          <CopyCommand command={`acksm status clusterexternalsecret/${row.name}`} />
        </div>
      </Answer>
      {row.failed.length === 0 ? null : <Failed failed={row.failed} />}
      <Section title={messages.cluster.resources} class="card" note={messages.row.resources(row.resources.total)}>
        {row.resources.total === 0 ? null : <CountBar counts={row.resources} query={{ createdBy: row.name }} />}
        <Namespaces row={row} />
      </Section>
    </>
  )
}

function Failed({ failed }: { readonly failed: ClusterExternalSecretRow['failed'] }): JSX.Element {
  const messages = useMessages()
  return (
    <Section title={messages.cluster.failed} class="card" note={messages.row.namespaces(failed.length)}>
      <ul class="plain-list">
        {failed.slice(0, SHOWN).map(({ namespace, reason }) => (
          <li key={namespace} class="tone-bad">
            <Icon name="failing" />{' '}
            <strong>
              <Text value={namespace} />
            </strong>{' '}
            <span class="ink" lang="en">
              <Text value={reason} />
            </span>
          </li>
        ))}
      </ul>
      {failed.length > SHOWN ? <p class="hint">{messages.cluster.more(failed.length - SHOWN)}</p> : null}
    </Section>
  )
}

/** A tile for each namespace with the state of its resource. */
function Namespaces({ row }: { readonly row: ClusterExternalSecretRow }): JSX.Element {
  const { data } = useApp()
  const messages = useMessages()
  const text = useSignal('')
  const isAll = useSignal(false)
  const matching = row.provisioned.filter((namespace) => namespace.includes(text.value.trim().toLowerCase()))
  const shown = isAll.value ? matching : matching.slice(0, SHOWN)
  return (
    <>
      {row.provisioned.length > SHOWN ? (
        <SearchField value={text.value} label={messages.filter.namespace} onChange={(next) => (text.value = next)} />
      ) : null}
      {matching.length === 0 ? <Empty>{messages.cluster.noNamespaces}</Empty> : null}
      <ul class="tiles">
        {shown.map((namespace) => {
          const key = `${namespace}/${row.externalSecretName}`
          const resource = data.resources.value.get(key)
          return (
            <li key={namespace}>
              <a
                class={`tile tone-${resource === undefined ? 'plain' : RESOURCE_TONES[resource.state]}`}
                href={resourceHref(key)}
              >
                <Icon name={resource?.state ?? 'unknown'} />
                <span class="tile-name">
                  <Text value={namespace} />
                </span>
                <span class="tile-state">
                  {resource === undefined ? messages.cluster.unseen : messages.states[resource.state]}
                </span>
              </a>
            </li>
          )
        })}
      </ul>
      {matching.length > SHOWN ? (
        <button type="button" class="button" onClick={() => (isAll.value = !isAll.value)}>
          {isAll.value ? messages.cluster.less : messages.cluster.all(matching.length)}
        </button>
      ) : null}
    </>
  )
}
