import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { ClusterExternalSecretRow } from '../model/views/index.ts'
import type { Column } from './components/tables/data-table.tsx'
import { CountCell, type ListKind, ListPage, ReasonCell } from './components/tables/list-page.tsx'
import { NoRows } from './components/tables/no-rows.tsx'
import { Notice } from './components/base/notice.tsx'
import { ResourceBadge } from './components/base/state-badge.tsx'
import { Text } from './components/base/text.tsx'
import { Age } from './components/base/time.tsx'
import type { Messages } from './languages/languages.ts'
import { formatRoute } from './routes.ts'
import { useApp, useMessages } from './state/app.ts'

const RANK = { failing: 0, pending: 1, ready: 2 } as const
const KIND: ListKind<ClusterExternalSecretRow> = {
  name: 'cluster',
  idOf: ({ name }) => name,
  hrefOf: ({ name }) => formatRoute({ page: 'clusterExternalSecret', name }),
  textsOf: ({ name, externalSecretName, reason, message }) => [name, externalSecretName, reason, message],
  rankOf: ({ state }) => RANK[state],
}

/** All ClusterExternalSecrets, those that fail first. */
export function ClusterExternalSecretsPage({ text }: { readonly text: string }): JSX.Element {
  const { data, navigation } = useApp()
  const messages = useMessages()
  const columns = useMemo(() => columnsOf(messages), [messages])
  const { cluster } = messages
  return (
    <ListPage
      kind={KIND}
      rows={data.clusterExternalSecrets.value}
      columns={columns}
      title={cluster.title}
      filterLabel={cluster.filter}
      text={text}
      onFilter={(next) => navigation.replace({ page: 'clusterExternalSecrets', text: next })}
      none={
        <NoRows
          kinds={['ClusterExternalSecret']}
          icon="cluster"
          none={<Notice tone="plain" icon="cluster" title={cluster.noneTitle} text={cluster.noneText} />}
        />
      }
    />
  )
}

function columnsOf({ columns, row: texts }: Messages): ReadonlyArray<Column<ClusterExternalSecretRow, never>> {
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
        <a class="row-link" href={KIND.hrefOf(row)} tabIndex={-1} title={row.name}>
          <span class="line">
            <Text value={row.name} />
          </span>
          <span class="line muted">
            <Text value={row.externalSecretName} />
          </span>
        </a>
      ),
    },
    { name: 'message', title: columns.reason, cell: (row) => <ReasonCell row={row} /> },
    {
      name: 'namespaces',
      title: columns.namespaces,
      cell: ({ provisioned, failed }) => (
        <CountCell
          count={texts.namespaces(provisioned.length)}
          failing={failed.length === 0 ? undefined : texts.failed(failed.length)}
        />
      ),
    },
    {
      name: 'since',
      title: columns.since,
      cell: (row) => (row.since === undefined ? '–' : <Age at={row.since} />),
    },
  ]
}
