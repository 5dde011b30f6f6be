import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useApp, useMessages } from '../../state/app.ts'
import { Icon } from '../base/icon.tsx'
import { type RowHeights, useVirtualRows } from './use-virtual-rows.ts'

/** A column. Its `name` is a class of its cells, by which the style sheet gives it width and hides it on narrow screens. */
export interface Column<Row, Sort extends string> {
  readonly name: string
  readonly title: string
  /** Absent for a column without order. */
  readonly sort?: Sort
  readonly cell: (row: Row) => ComponentChildren
}

export interface TableProps<Row, Sort extends string> {
  /** Class of the table, and name under which it remembers its active row. */
  readonly name: string
  readonly label: string
  readonly rows: readonly Row[]
  readonly columns: ReadonlyArray<Column<Row, Sort>>
  readonly heights: RowHeights
  readonly keyOf: (row: Row) => string
  readonly hrefOf: (row: Row) => string
  readonly sort?: { readonly key: Sort; readonly isDescending: boolean; readonly by: (key: Sort) => void }
}

/** Height of the head of the page and of the table, which cover rows. */
const STICKY_HEIGHT = 110

/** A table of any length: one stop of the tab key, arrows choose a row, Enter opens it. */
export function DataTable<Row, Sort extends string>(props: TableProps<Row, Sort>): JSX.Element {
  const { rows, columns, name } = props
  const { navigation } = useApp()
  const messages = useMessages()
  const table = useRef<HTMLDivElement>(null)
  const virtual = useVirtualRows(rows.length, props.heights, STICKY_HEIGHT)
  const [activeKey, setActiveKey] = useState(() => navigation.activeRows.get(name))
  const active = useMemo(() => rows.findIndex((row) => props.keyOf(row) === activeKey), [rows, activeKey])
  const choose = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))]
    if (row === undefined) return
    navigation.activeRows.set(name, props.keyOf(row))
    setActiveKey(props.keyOf(row))
    virtual.scrollTo(rows.indexOf(row))
  }
  useEffect(() => {
    if (navigation.arrival?.isReturn === true && activeKey !== undefined) table.current?.focus({ preventScroll: true })
  }, [])
  const slots = virtual.items.length
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((innerHeight - STICKY_HEIGHT) / virtual.rowHeight) - 1)
    const index = nextIndex(event, active, page, rows.length)
    const row = rows[active]
    if (event.key === 'Enter' && event.target === table.current && row !== undefined) navigation.go(props.hrefOf(row))
    else if (index === undefined) return
    else choose(index)
    event.preventDefault()
  }
  return (
    <div
      ref={table}
      class={`table table-${name}`}
      role="grid"
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      aria-activedescendant={active >= 0 ? rowId(name, active) : undefined}
      aria-description={messages.table.keys}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <HeadRow {...props} />
      <div ref={virtual.body} class="table-body" role="rowgroup" style={{ height: `${virtual.totalHeight}px` }}>
        {virtual.items.map(({ index, start }) => {
          const row = rows[index]
          if (row === undefined) return null
          return (
            <TableRow
              // The elements of a row that leaves the window are used for the next one.
              key={index % slots}
              id={rowId(name, index)}
              row={row}
              index={index}
              top={start - virtual.margin}
              height={virtual.rowHeight}
              href={props.hrefOf(row)}
              isActive={index === active}
              columns={columns}
            />
          )
        })}
      </div>
    </div>
  )
}

function HeadRow<Row, Sort extends string>({ columns, sort }: TableProps<Row, Sort>): JSX.Element {
  return (
    <div class="table-head" role="rowgroup">
      <div class="row" role="row" aria-rowindex={1}>
        {columns.map(({ name, title, sort: key }) => {
          const isSorted = key !== undefined && sort?.key === key
          const order = isSorted ? (sort.isDescending ? 'descending' : 'ascending') : undefined
          return (
            <div key={name} class={`cell cell-${name}`} role="columnheader" aria-sort={order}>
              {key === undefined || sort === undefined ? (
                title
              ) : (
                <button type="button" class="sort" onClick={() => sort.by(key)}>
                  {title}
                  <Icon name={isSorted && sort.isDescending ? 'down' : 'up'} class={isSorted ? '' : 'icon-off'} />
                </button>
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

interface RowProps<Row, Sort extends string> {
  readonly id: string
  readonly row: Row
  readonly index: number
  readonly top: number
  readonly height: number
  readonly href: string
  readonly isActive: boolean
  readonly columns: ReadonlyArray<Column<Row, Sort>>
}

/** Cells are made again only for another row or other columns, so a scroll costs little. */
function TableRow<Row, Sort extends string>({ row, columns, ...props }: RowProps<Row, Sort>): JSX.Element {
  const { navigation } = useApp()
  const cells = useMemo(
    () =>
      columns.map(({ name, cell }) => (
        <div key={name} class={`cell cell-${name}`} role="gridcell">
          {cell(row)}
        </div>
      )),
    [row, columns],
  )
  const open = (event: MouseEvent) => {
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey
    const isLink = event.target instanceof Element && event.target.closest('a, button') !== null
    if (isPlain && !isLink && getSelection()?.isCollapsed !== false) navigation.go(props.href)
  }
  return (
    <div
      id={props.id}
      class="row"
      role="row"
      aria-rowindex={props.index + 2}
      aria-selected={props.isActive}
      style={{ transform: `translateY(${props.top}px)`, height: `${props.height}px` }}
      onClick={open}
    >
      {cells}
    </div>
  )
}

function rowId(name: string, index: number): string {
  return `${name}-row-${index}`
}

/** The row that a key chooses; undefined for keys that choose none. */
function nextIndex(event: KeyboardEvent, active: number, page: number, count: number): number | undefined {
  if (event.altKey || event.ctrlKey || event.metaKey) return undefined
  switch (event.key) {
    case 'ArrowDown':
    case 'j':
      return active + 1
    case 'ArrowUp':
    case 'k':
      return active - 1
    case 'PageDown':
      return active + page
    case 'PageUp':
      return active - page
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return undefined
  }
}
