import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { StoreRow } from '../model/views/index.ts'
import { type Column, DataTable } from './components/data-table.tsx'
import { Icon } from './components/icon.tsx'
import { Notice } from './components/notice.tsx'
import { SearchField } from './components/search-field.tsx'
import { Empty } from './components/section.tsx'
import { StoreBadge } from './components/state-badge.tsx'
import { Key, Text } from './components/text.tsx'
import { visibleText } from './format/visible-text.ts'
import type { Messages } from './languages/languages.ts'
import { storeHref } from './routes.ts'
import { useApp, useMessages } from './state/app.ts'
import { selectByText } from './state/select-by-text.ts'

const HEIGHTS = { wide: 3.5, narrow: 6.25 }
const RANK = { failing: 0, unreachable: 1, pending: 2, ready: 3 } as const

/** All stores, those that do not work first. */
export function StoresPage({ text }: { readonly text: string }): JSX.Element {
  const { data, navigation } = useApp()
  const messages = useMessages()
  const stores = data.stores.value
  const rows = useMemo(
    () =>
      selectByText(stores.values(), text, (row) => [row.id, row.reason, row.message, row.endpoint, row.principal]).sort(
        (one, other) => RANK[one.state] - RANK[other.state] || (one.id < other.id ? -1 : 1),
      ),
    [stores, text],
  )
  const columns = useMemo(() => columnsOf(messages), [messages])
  if (stores.size === 0)
    return (
      <Notice
        tone="plain"
        icon="stores"
        title={messages.stores.noneTitle}
        text={messages.stores.noneText}
        commands={['acksm init']}
      />
    )
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1}>{messages.nav.stores}</h1>
        <p class="page-count" role="status">
          {messages.table.count(rows.length, stores.size)}
        </p>
      </header>
      <div class="filters" role="search" aria-label={messages.filter.label}>
        <SearchField
          value={text}
          label={messages.stores.filter}
          onChange={(next) => navigation.replace({ page: 'stores', text: next })}
        />
      </div>
      {rows.length === 0 ? (
        <Empty>{messages.table.noMatch}</Empty>
      ) : (
        <DataTable
          name="stores"
          label={messages.nav.stores}
          rows={rows}
          columns={columns}
          heights={HEIGHTS}
          keyOf={idOf}
          hrefOf={hrefOf}
        />
      )}
    </>
  )
}

function idOf(row: StoreRow): string {
  return row.id
}

function hrefOf(row: StoreRow): string {
  return storeHref(row.id)
}

function columnsOf(messages: Messages): ReadonlyArray<Column<StoreRow, never>> {
  const { columns } = messages
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
      name: 'identity',
      title: columns.identity,
      cell: (row) => (
        <span class="two-lines" title={row.principal}>
          <span class="line">{row.principal === '' ? '–' : <Text value={row.principal} />}</span>
          <span class="line muted">
            <Text value={row.account} />
          </span>
        </span>
      ),
    },
    {
      name: 'endpoint',
      title: columns.endpoint,
      cell: (row) => (
        <span class="two-lines" title={row.endpoint}>
          <span class="line">{row.endpoint === '' ? '–' : <Text value={row.endpoint} />}</span>
          <span class="line muted">{row.provider}</span>
        </span>
      ),
    },
    { name: 'users', title: columns.users, cell: (row) => <UsersCell row={row} messages={messages} /> },
  ]
}

function UsersCell({ row, messages }: { readonly row: StoreRow; readonly messages: Messages }): JSX.Element {
  const notReady = row.users.failing + row.users.degraded + row.users.pending
  return (
    <span class="two-lines">
      <span class="line">{messages.row.resources(row.users.total)}</span>
      {notReady === 0 ? null : (
        <span class="line tone-bad">
          <Icon name="failing" /> {messages.row.notReady(notReady)}
        </span>
      )}
    </span>
  )
}
