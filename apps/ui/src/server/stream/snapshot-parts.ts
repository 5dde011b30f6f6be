import type { Delta, Snapshot } from '../../model/views/wire.ts'
import type { StreamPart } from './delta-log.ts'

/** Rows of one part: about half a megabyte, of which a slow page holds one. */
const PART_ROWS = 1_000

/** A snapshot with the first rows, and deltas with the rest. A part is made when it is taken. Pure. */
export function* snapshotParts(snapshot: Snapshot, partRows = PART_ROWS): Generator<StreamPart, void, void> {
  const { resources, now } = snapshot
  yield { event: 'snapshot', data: { ...snapshot, resources: resources.slice(0, partRows) } satisfies Snapshot }
  for (let start = partRows; start < resources.length; start += partRows) {
    const set = resources.slice(start, start + partRows)
    yield { event: 'delta', data: { resources: { set, removed: [] }, now } satisfies Delta }
  }
}
