import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { StoreRow } from '../model/views/index.ts'
import type { Column } from './components/tables/data-table.tsx'
import { CountCell, type ListKind, ListPage, ReasonCell, TwoLines } from './components/tables/list-page.tsx'
import { NoRows } from './components/tables/no-rows.tsx'
import { Notice } from './components/base/notice.tsx'
import { StoreBadge } from './components/base/state-badge.tsx'
import { Key } from './components/base/text.tsx'
import type { Messages } from './languages/languages.ts'
import { storeHref } from './routes.ts'
import { useApp, useMessages } from './state/app.ts'

const RANK = { failing: 0, unreachable: 1, pending: 2, ready: 3 } as const
const KIND: ListKind<StoreRow> = {
  name: 'stores',
  idOf: ({ id }) => id,
  hrefOf: ({ id }) => storeHref(id),
  textsOf: ({ id, reason, message, endpoint, principal }) => [id, reason, message, endpoint, principal],
  rankOf: ({ state }) => RANK[state],
}

/** All stores, those that do not work first. */
export function StoresPage({ text }: { readonly text: string }): JSX.Element {
  const { data, navigation } = useApp()
  const messages = useMessages()
  const columns = useMemo(() => columnsOf(messages), [messages])
  return (
    <ListPage
      kind={KIND}
      rows={data.stores.value}
      columns={columns}
      title={messages.nav.stores}
      filterLabel={messages.stores.filter}
      text={text}
      onFilter={(next) => navigation.replace({ page: 'stores', text: next })}
      none={
        <NoRows
          kinds={['SecretStore', 'ClusterSecretStore']}
          icon="stores"
          none={
            <Notice
              tone="plain"
              icon="stores"
              title={messages.stores.noneTitle}
              text={messages.stores.noneText}
              commands={['acksm init']}
            />
          }
        />
      }
    />
  )
}

function columnsOf({ columns, row: texts }: Messages): ReadonlyArray<Column<StoreRow, never>> {
  return [
    { name: 'state', title: columns.state, cell: (row) => <StoreBadge state={row.state} /> },
    {
      name: 'name',
      title: columns.store,
      cell: (row) => (
        <a class="row-link" href={storeHref(row.id)} tabIndex={-1} title={row.id}>
          <Key value={row.namespace === '' ? row.name : `${row.namespace}/${row.name}`} />
          <span class="line muted">{row.kind}</span>
        </a>
      ),
    },
    { name: 'message', title: columns.reason, cell: (row) => <ReasonCell row={row} /> },
    {
      name: 'identity',
      title: columns.identity,
      cell: (row) => <TwoLines first={row.principal} second={row.account} />,
    },
    {
      name: 'endpoint',
      title: columns.endpoint,
      cell: (row) => <TwoLines first={row.endpoint} second={row.provider} />,
    },
    {
      name: 'users',
      title: columns.users,
      cell: ({ users }) => {
        const notReady = users.failing + users.degraded + users.pending
        const failing = notReady === 0 ? undefined : texts.notReady(notReady)
        return <CountCell count={texts.resources(users.total)} failing={failing} />
      },
    },
  ]
}
