import { isDeepStrictEqual } from 'node:util'
import type { RowChanges } from './views/wire.ts'

/** The rows that differ; undefined if none does. Pure. */
export function rowChanges<Row>(
  before: ReadonlyMap<string, Row>,
  after: ReadonlyMap<string, Row>,
): RowChanges<Row> | undefined {
  const set = [...after].filter(([key, row]) => !isDeepStrictEqual(before.get(key), row)).map(([, row]) => row)
  const removed = [...before.keys()].filter((key) => !after.has(key))
  return set.length === 0 && removed.length === 0 ? undefined : { set, removed }
}
