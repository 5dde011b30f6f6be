import type { ComponentChildren, JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { visibleText } from '../../format/visible-text.ts'
import { useMessages } from '../../state/app.ts'
import { selectByText } from '../../state/select-by-text.ts'
import { type Column, DataTable } from './data-table.tsx'
import { Icon } from '../base/icon.tsx'
import { SearchField } from './search-field.tsx'
import { Empty } from '../base/section.tsx'
import { Text } from '../base/text.tsx'

const HEIGHTS = { wide: 3.5, narrow: 6.25 }

/** A kind whose objects are a table with a filter by text. Functions are the same ones at each call. */
export interface ListKind<Row> {
  /** Class of the table, and name under which it remembers its active row. */
  readonly name: string
  readonly idOf: (row: Row) => string
  readonly hrefOf: (row: Row) => string
  /** What the filter searches. */
  readonly textsOf: (row: Row) => readonly string[]
  /** The first of them is the first row; rows of one rank are in the order of their ids. */
  readonly rankOf: (row: Row) => number
}

interface ListPageProps<Row> {
  readonly kind: ListKind<Row>
  readonly rows: ReadonlyMap<string, Row>
  readonly columns: ReadonlyArray<Column<Row, never>>
  readonly title: string
  readonly filterLabel: string
  readonly text: string
  readonly onFilter: (text: string) => void
  /** Instead of an empty table. */
  readonly none: ComponentChildren
}

/** All objects of one kind, those that do not work first. */
export function ListPage<Row>({ kind, rows, text, columns, title, ...props }: ListPageProps<Row>): JSX.Element {
  const messages = useMessages()
  const shown = useMemo(
    () =>
      selectByText(rows.values(), text, kind.textsOf).sort(
        (one, other) => kind.rankOf(one) - kind.rankOf(other) || (kind.idOf(one) < kind.idOf(other) ? -1 : 1),
      ),
    [rows, text, kind],
  )
  if (rows.size === 0) return <>{props.none}</>
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1}>{title}</h1>
        <p class="page-count" role="status">
          {messages.table.count(shown.length, rows.size)}
        </p>
      </header>
      <div class="filters" role="search" aria-label={messages.filter.label}>
        <SearchField value={text} label={props.filterLabel} onChange={props.onFilter} />
      </div>
      {shown.length === 0 ? (
        <Empty>{messages.table.noMatch}</Empty>
      ) : (
        <DataTable
          name={kind.name}
          label={title}
          rows={shown}
          columns={columns}
          heights={HEIGHTS}
          keyOf={kind.idOf}
          hrefOf={kind.hrefOf}
        />
      )}
    </>
  )
}

/** The reason of a condition and its message, each in one line. */
export function ReasonCell({
  row,
}: {
  readonly row: { readonly reason: string; readonly message: string }
}): JSX.Element {
  return (
    <span class="two-lines" title={visibleText(row.message)} lang="en">
      <span class="line">{row.reason === '' ? '–' : <Text value={row.reason} />}</span>
      <span class="line muted">
        <Text value={row.message.replaceAll(/\s+/g, ' ')} />
      </span>
    </span>
  )
}

/** A text, and a second one that explains it. */
export function TwoLines({ first, second }: { readonly first: string; readonly second: string }): JSX.Element {
  return (
    <span class="two-lines" title={visibleText(first)}>
      <span class="line">{first === '' ? '–' : <Text value={first} />}</span>
      <span class="line muted">
        <Text value={second} />
      </span>
    </span>
  )
}

/** A number of objects, and below it how many of them fail; `failing` is undefined if none does. */
export function CountCell({
  count,
  failing,
}: {
  readonly count: string
  readonly failing: string | undefined
}): JSX.Element {
  return (
    <span class="two-lines">
      <span class="line">{count}</span>
      {failing === undefined ? null : (
        <span class="line tone-bad">
          <Icon name="failing" /> {failing}
        </span>
      )}
    </span>
  )
}
