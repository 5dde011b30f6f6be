import type { Delta, Snapshot } from '../../model/views/wire.ts'
import type { StreamPart } from './delta-log.ts'

/** Rows of one part: about half a megabyte, of which a slow page holds one. */
const PART_ROWS = 1_000

/** A snapshot with the first rows, and deltas with the rest of them. A part is made when it is taken. Pure. */
export function* snapshotParts(snapshot: Snapshot, partRows = PART_ROWS): Generator<StreamPart, void, void> {
  const { resources, pushSecrets, now } = snapshot
  const first = { resources: resources.slice(0, partRows), pushSecrets: pushSecrets.slice(0, partRows) }
  yield { event: 'snapshot', data: { ...snapshot, ...first } satisfies Snapshot }
  for (const set of chunks(resources, partRows)) {
    yield { event: 'delta', data: { resources: { set, removed: [] }, now } satisfies Delta }
  }
  for (const set of chunks(pushSecrets, partRows)) {
    yield { event: 'delta', data: { pushSecrets: { set, removed: [] }, now } satisfies Delta }
  }
}

/** All but the first one. */
function* chunks<Row>(rows: readonly Row[], size: number): Generator<readonly Row[], void, void> {
  for (let start = size; start < rows.length; start += size) yield rows.slice(start, start + size)
}
