import type { ResourceRow, ResourceState } from '../../model/views/index.ts'
import type { ResourceQuery, SortKey } from '../routes.ts'

/** The worst first. */
export const STATE_ORDER: readonly ResourceState[] = ['failing', 'degraded', 'pending', 'suspended', 'ready']

const RANK = new Map(STATE_ORDER.map((state, rank) => [state, rank]))

/** The rows that a query shows, in its order. */
export function selectRows(rows: Iterable<ResourceRow>, query: ResourceQuery): readonly ResourceRow[] {
  const matches = matcher(query)
  const selected: ResourceRow[] = []
  for (const row of rows) if (matches(row)) selected.push(row)
  const compare = COMPARE[query.sort]
  const direction = query.isDescending ? -1 : 1
  return selected.sort((one, other) => direction * compare(one, other) || order(one.key, other.key))
}

/** How many of the rows each state has, without regard to the states of the query. */
export function countStates(
  rows: Iterable<ResourceRow>,
  query: ResourceQuery,
): Readonly<Record<ResourceState, number>> {
  const matches = matcher({ ...query, states: [] })
  const counts = { ready: 0, degraded: 0, failing: 0, pending: 0, suspended: 0 }
  for (const row of rows) if (matches(row)) counts[row.state]++
  return counts
}

/** Whether a row is shown. Each word of the text must occur in the row, in any case. */
function matcher(query: ResourceQuery): (row: ResourceRow) => boolean {
  const words = query.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const states = new Set(query.states)
  return (row) =>
    (states.size === 0 || states.has(row.state)) &&
    (query.namespace === '' || row.namespace === query.namespace) &&
    (query.reason === '' || row.reason === query.reason) &&
    (query.store === '' || row.stores.includes(query.store)) &&
    (query.createdBy === '' || row.createdBy === query.createdBy) &&
    words.every((word) => textOf(row).includes(word))
}

/** Rows do not change, so their text is made once. */
const texts = new WeakMap<ResourceRow, string>()

function textOf(row: ResourceRow): string {
  let text = texts.get(row)
  if (text === undefined) {
    text = [row.key, row.secret, row.reason, row.message, ...row.stores, row.createdBy ?? ''].join('\n').toLowerCase()
    texts.set(row, text)
  }
  return text
}

/** Order of an ascending sort; rows without the value are last. */
const COMPARE: Readonly<Record<SortKey, (one: ResourceRow, other: ResourceRow) => number>> = {
  state: (one, other) => (RANK.get(one.state) ?? 0) - (RANK.get(other.state) ?? 0),
  name: (one, other) => order(one.name, other.name),
  store: (one, other) => order(one.stores[0] ?? LAST, other.stores[0] ?? LAST),
  secret: (one, other) => order(one.secret, other.secret),
  // The latest first, as one looks for what has just changed.
  since: (one, other) => order(other.since ?? '', one.since ?? ''),
  changed: (one, other) => order(other.changedAt ?? '', one.changedAt ?? ''),
  rotation: (one, other) => order(one.nextRotation ?? LAST, other.nextRotation ?? LAST),
}

const LAST = '\uFFFF'

/** By code units: names are ASCII, and a collator takes ten times as long. */
function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
