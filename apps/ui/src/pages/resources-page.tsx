import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { ResourceRow } from '../model/views/index.ts'
import { type Column, DataTable } from './components/tables/data-table.tsx'
import { FilterBar } from './components/tables/filter-bar.tsx'
import { ReasonCell } from './components/tables/list-page.tsx'
import { NoResources } from './components/tables/no-resources.tsx'
import { RowNotes } from './components/tables/row-notes.tsx'
import { Empty } from './components/base/section.tsx'
import { ResourceBadge } from './components/base/state-badge.tsx'
import { Key, Text } from './components/base/text.tsx'
import { Age, Until } from './components/base/time.tsx'
import type { Messages } from './languages/languages.ts'
import { ALL_RESOURCES, resourceHref, type ResourceQuery, type SortKey } from './routes.ts'
import { useApp, useMessages } from './state/app.ts'
import { selectRows } from './state/select-rows.ts'

const HEIGHTS = { wide: 3.5, narrow: 6.25 }

/** All ExternalSecrets as a table; the URL has its filter and order. */
export function ResourcesPage({ query }: { readonly query: ResourceQuery }): JSX.Element {
  const { data, navigation } = useApp()
  const messages = useMessages()
  const rows = useComputed(() => {
    const route = navigation.route.value
    return selectRows(data.resources.value.values(), route.page === 'resources' ? route.query : ALL_RESOURCES)
  })
  const columns = useMemo(() => columnsOf(messages), [messages])
  const change = (part: Partial<ResourceQuery>) =>
    navigation.replace({ page: 'resources', query: { ...query, ...part } })
  const sortBy = (key: SortKey) => change({ sort: key, isDescending: query.sort === key ? !query.isDescending : false })
  const total = data.resources.value.size
  if (total === 0) return <NoResources />
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1}>{messages.nav.resources}</h1>
        <p class="page-count" role="status">
          {messages.table.count(rows.value.length, total)}
        </p>
      </header>
      <FilterBar query={query} onChange={change} />
      {rows.value.length === 0 ? (
        <Empty>
          {messages.table.noMatch}{' '}
          <button
            type="button"
            class="button"
            onClick={() => change({ ...ALL_RESOURCES, sort: query.sort, isDescending: query.isDescending })}
          >
            {messages.filter.clear}
          </button>
        </Empty>
      ) : (
        <DataTable
          name="resources"
          label={messages.nav.resources}
          rows={rows.value}
          columns={columns}
          heights={HEIGHTS}
          keyOf={keyOf}
          hrefOf={hrefOf}
          sort={{ key: query.sort, isDescending: query.isDescending, by: sortBy }}
        />
      )}
    </>
  )
}

function keyOf(row: ResourceRow): string {
  return row.key
}

function hrefOf(row: ResourceRow): string {
  return resourceHref(row.key)
}

function columnsOf(messages: Messages): ReadonlyArray<Column<ResourceRow, SortKey>> {
  const { columns } = messages
  return [
    { name: 'state', title: columns.state, sort: 'state', cell: (row) => <StateCell row={row} /> },
    { name: 'name', title: columns.name, sort: 'name', cell: (row) => <NameCell row={row} /> },
    { name: 'message', title: columns.reason, cell: (row) => <ReasonCell row={row} /> },
    { name: 'store', title: columns.store, sort: 'store', cell: (row) => <StoreCell row={row} messages={messages} /> },
    {
      name: 'secret',
      title: columns.secret,
      sort: 'secret',
      cell: (row) => <SecretCell row={row} messages={messages} />,
    },
    {
      name: 'since',
      title: columns.since,
      sort: 'since',
      cell: (row) => (row.since === undefined ? '–' : <Age at={row.since} />),
    },
    {
      name: 'changed',
      title: columns.changed,
      sort: 'changed',
      cell: (row) => (row.changedAt === undefined ? '–' : <Age at={row.changedAt} as="ago" />),
    },
    {
      name: 'rotation',
      title: columns.rotation,
      sort: 'rotation',
      cell: (row) => (row.nextRotation === undefined ? '–' : <Until at={row.nextRotation} />),
    },
  ]
}

function StateCell({ row }: { readonly row: ResourceRow }): JSX.Element {
  return (
    <>
      <ResourceBadge state={row.state} />
      <RowNotes row={row} />
    </>
  )
}

function NameCell({ row }: { readonly row: ResourceRow }): JSX.Element {
  return (
    <a class="row-link" href={resourceHref(row.key)} tabIndex={-1} title={row.key}>
      <Key value={row.key} />
    </a>
  )
}

function StoreCell({ row, messages }: { readonly row: ResourceRow; readonly messages: Messages }): JSX.Element {
  const [first] = row.stores
  if (first === undefined) return <span class="muted">{messages.sources.operatorIdentity}</span>
  const space = first.indexOf(' ')
  return (
    <span class="two-lines" title={row.stores.join('\n')}>
      <span class="line">
        <Text value={first.slice(space + 1)} />
      </span>
      <span class="line muted">
        {row.stores.length > 1 ? messages.row.moreStores(row.stores.length - 1) : first.slice(0, space)}
      </span>
    </span>
  )
}

function SecretCell({ row, messages }: { readonly row: ResourceRow; readonly messages: Messages }): JSX.Element {
  return (
    <span class="two-lines" title={row.secret}>
      <span class="line">
        <Text value={row.secret} />
      </span>
      <span class="line muted">{row.keyCount === undefined ? '' : messages.row.keys(row.keyCount)}</span>
    </span>
  )
}
