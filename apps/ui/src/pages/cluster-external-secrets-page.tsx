import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { ClusterExternalSecretRow } from '../model/views/index.ts'
import { type Column, DataTable } from './components/data-table.tsx'
import { Icon } from './components/icon.tsx'
import { Notice } from './components/notice.tsx'
import { SearchField } from './components/search-field.tsx'
import { Empty } from './components/section.tsx'
import { ResourceBadge } from './components/state-badge.tsx'
import { Text } from './components/text.tsx'
import { Age } from './components/time.tsx'
import { visibleText } from './format/visible-text.ts'
import type { Messages } from './languages/languages.ts'
import { formatRoute } from './routes.ts'
import { useApp, useMessages } from './state/app.ts'
import { selectByText } from './state/select-by-text.ts'

const HEIGHTS = { wide: 3.5, narrow: 6.25 }
const RANK = { failing: 0, pending: 1, ready: 2 } as const

/** All ClusterExternalSecrets, those that fail first. */
export function ClusterExternalSecretsPage({ text }: { readonly text: string }): JSX.Element {
  const { data, navigation } = useApp()
  const messages = useMessages()
  const all = data.clusterExternalSecrets.value
  const rows = useMemo(
    () =>
      selectByText(all.values(), text, (row) => [row.name, row.externalSecretName, row.reason, row.message]).sort(
        (one, other) => RANK[one.state] - RANK[other.state] || (one.name < other.name ? -1 : 1),
      ),
    [all, text],
  )
  const columns = useMemo(() => columnsOf(messages), [messages])
  if (all.size === 0)
    return <Notice tone="plain" icon="cluster" title={messages.cluster.noneTitle} text={messages.cluster.noneText} />
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1}>{messages.cluster.title}</h1>
        <p class="page-count" role="status">
          {messages.table.count(rows.length, all.size)}
        </p>
      </header>
      <div class="filters" role="search" aria-label={messages.filter.label}>
        <SearchField
          value={text}
          label={messages.cluster.filter}
          onChange={(next) => navigation.replace({ page: 'clusterExternalSecrets', text: next })}
        />
      </div>
      {rows.length === 0 ? (
        <Empty>{messages.table.noMatch}</Empty>
      ) : (
        <DataTable
          name="cluster"
          label={messages.cluster.title}
          rows={rows}
          columns={columns}
          heights={HEIGHTS}
          keyOf={nameOf}
          hrefOf={hrefOf}
        />
      )}
    </>
  )
}

function nameOf(row: ClusterExternalSecretRow): string {
  return row.name
}

function hrefOf(row: ClusterExternalSecretRow): string {
  return formatRoute({ page: 'clusterExternalSecret', name: row.name })
}

function columnsOf(messages: Messages): ReadonlyArray<Column<ClusterExternalSecretRow, never>> {
  const { columns } = messages
  return [
    {
      name: 'state',
      title: columns.state,
      cell: (row) => <ResourceBadge state={row.isSuspended ? 'suspended' : row.state} />,
    },
    {
      name: 'name',
      title: columns.name,
      cell: (row) => (
        <a class="row-link" href={hrefOf(row)} tabIndex={-1} title={row.name}>
          <span class="line">
            <Text value={row.name} />
          </span>
          <span class="line muted">
            <Text value={row.externalSecretName} />
          </span>
        </a>
      ),
    },
    {
      name: 'message',
      title: columns.reason,
      cell: (row) => (
        <span class="two-lines" title={visibleText(row.message)} lang="en">
          <span class="line">{row.reason === '' ? '–' : <Text value={row.reason} />}</span>
          <span class="line muted">
            <Text value={row.message.replaceAll(/\s+/g, ' ')} />
          </span>
        </span>
      ),
    },
    {
      name: 'namespaces',
      title: columns.namespaces,
      cell: (row) => (
        <span class="two-lines">
          <span class="line">{messages.row.namespaces(row.provisioned.length)}</span>
          {row.failed.length === 0 ? null : (
            <span class="line tone-bad">
              <Icon name="failing" /> {messages.row.failed(row.failed.length)}
            </span>
          )}
        </span>
      ),
    },
    {
      name: 'since',
      title: columns.since,
      cell: (row) => (row.since === undefined ? '–' : <Age at={row.since} />),
    },
  ]
}
