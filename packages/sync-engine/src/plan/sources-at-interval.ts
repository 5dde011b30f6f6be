import type { OwnerRecord, ObservedSecret } from '@ack-secret-manager/core'
import { NONE_AT_INTERVAL, type SourceKey, type SourcesAtInterval } from '../model/source-reading.ts'
import type { PlanEntry, SyncPlan } from './sync-plan.ts'

/** The target of a plan, and the key of the digests that the plan writes. */
export interface KnownTarget {
  readonly observed: ObservedSecret | undefined
  readonly ownerName: string
  readonly digestKeyId: string
}

/**
 * The sources of a resource with finds that a sync need not read before their own interval, because lists change often. These are sources
 * whose whole value the target has, and additions that could not be read. Documents are always read, because the record does not name their
 * members; with templates all sources are.
 */
export function sourcesAtInterval(
  { entries, finds, templates }: SyncPlan,
  { observed, ownerName, digestKeyId }: KnownTarget,
): SourcesAtInterval {
  const record = observed?.records.get(ownerName)
  if (finds.length === 0 || templates !== undefined || record === undefined || record.digestKeyId !== digestKeyId) {
    return NONE_AT_INTERVAL
  }
  const drifted = new Set(observed?.drifted)
  const bySource = Map.groupBy(entries, ({ source }) => (source.kind === 'read' ? source.key : undefined))
  const versions = new Map<SourceKey, string | undefined>()
  for (const [key, group] of bySource) {
    if (key === undefined) continue
    const written = new Set(group.map((entry) => versionOf(entry, record, drifted)))
    const [versionId] = written
    if (written.size === 1 && versionId !== undefined) versions.set(key, versionId)
    else if (group.every(({ found }) => found?.claim === 'added')) versions.set(key, undefined)
  }
  return versions
}

/** The version of an entry that the target has under the same key. */
function versionOf(
  { shape, secret }: PlanEntry,
  { keys }: OwnerRecord,
  drifted: ReadonlySet<string>,
): string | undefined {
  if (shape.kind !== 'whole' || drifted.has(shape.key)) return undefined
  const written = keys.get(shape.key)
  return written?.secret === secret ? written.versionId : undefined
}
