import type { ObservedSecret, OwnerRecord, ReleaseAction } from '@ack-secret-manager/core'
import { isSameOwner } from '../ownership/ownership.ts'
import type { DesiredSecret, EntryFailure, TargetPolicy } from '../model/desired-secret.ts'
import type { ExistingSecret } from './observation.ts'
import type { SourceKey, SourceReading } from '../model/source-reading.ts'
import type { SyncPlan } from '../plan/sync-plan.ts'

/**
 * Minimum time between the first and the latest NotFound response before a secret counts as deleted. Replacing a secret often
 * means deleting it and creating it again.
 */
export const CONFIRMED_AFTER_MS = 10_000
/** When to read again after the first NotFound. */
export const CONFIRM_IN_MS = 15_000

/** A Secret and the sources of all its content. */
export interface ContentOrigin {
  readonly uid: string
  readonly reads: ReadonlySet<SourceKey>
}

/** The part of an outcome that the cleanup depends on. */
interface SyncedTarget {
  readonly failures: readonly EntryFailure[]
  readonly target: { readonly uid: string | undefined }
}

/** The sources of a target's content after a sync; undefined if this process does not know them. */
export function originAfter(
  before: ContentOrigin | undefined,
  plan: SyncPlan,
  readings: ReadonlyMap<SourceKey, SourceReading>,
  { failures, target: { uid } }: SyncedTarget,
): ContentOrigin | undefined {
  if (uid === undefined) return undefined
  const hasValue = (key: SourceKey): boolean => (readings.get(key)?.kind ?? 'error') !== 'error'
  const given = plan.reads.map(({ key }) => key).filter(hasValue)
  if (failures.length === 0) return { uid, reads: new Set(given) }
  // Carried keys have their previous sources, unless the plan no longer reads these.
  const isKnown = before?.uid === uid && isCoveredBy(plan, before)
  return isKnown ? { uid, reads: new Set([...before.reads, ...given]) } : undefined
}

/**
 * Whether the secrets of a target still exist:
 * - `present`: at least one exists, or its state is unknown;
 * - `absent`: none exists, but the target may come from other secrets;
 * - `unconfirmed`: all secrets of the target are missing, but may be created again soon;
 * - `deleted`: all secrets of the target were deleted.
 */
export type SourceExistence =
  | { readonly kind: 'present' | 'absent' | 'unconfirmed' }
  | { readonly kind: 'deleted'; readonly uid: string }

/**
 * Whether the secrets of a plan still exist. They count as deleted only if this process read the target's content from exactly
 * these sources. A misspelt name, another endpoint or another account never counts.
 */
export function sourceExistenceOf(
  plan: SyncPlan,
  readings: ReadonlyMap<SourceKey, SourceReading>,
  origin: ContentOrigin | undefined,
): SourceExistence {
  // A list that fails may hide a secret that exists.
  if (plan.finds.some(({ problem }) => problem !== undefined)) return { kind: 'present' }
  let absentMs = Infinity
  for (const { source } of plan.entries) {
    const reading = source.kind === 'read' ? readings.get(source.key) : undefined
    if (reading?.kind !== 'error' || reading.absentMs === undefined) return { kind: 'present' }
    absentMs = Math.min(absentMs, reading.absentMs)
  }
  if (!origin || origin.reads.size === 0 || !isCoveredBy(plan, origin)) return { kind: 'absent' }
  return absentMs >= CONFIRMED_AFTER_MS ? { kind: 'deleted', uid: origin.uid } : { kind: 'unconfirmed' }
}

/**
 * Deletes a target after its secrets were deleted. Only the observed object is deleted, and only if this resource owns all of it. Undefined
 * if the target is kept.
 */
export function cleanUp(
  { target, owner }: DesiredSecret,
  { secret: observed, inspected }: ExistingSecret,
  record: OwnerRecord,
  policy: TargetPolicy,
): ReleaseAction | { readonly kind: 'inspect' } | undefined {
  const { controller } = observed
  const isRequested = policy.cleanUpUid === observed.uid && controller !== undefined && isSameOwner(controller, owner)
  const isKept = record.deletion === 'retain' || policy.deletion === 'Retain'
  const isShared = policy.creation === 'Merge' || observed.records.size > 1
  if (!isRequested || isKept || isShared || isModifiedByOthers(observed)) return undefined
  // Only an inspection shows whether another client made it immutable or changed a value.
  if (!inspected) return { kind: 'inspect' }
  if (observed.immutable && !record.immutable) return undefined
  const { uid: ifUid, resourceVersion: ifResourceVersion } = observed
  return { kind: 'release', how: 'delete', target, ownerName: owner.name, removeKeys: [], ifUid, ifResourceVersion }
}

/** Another user or controller has added a key or changed a value. */
function isModifiedByOthers({ foreignKeys, drifted }: ObservedSecret): boolean {
  return foreignKeys.size > 0 || drifted.length > 0
}

function isCoveredBy({ reads }: SyncPlan, origin: ContentOrigin): boolean {
  const planned = new Set(reads.map(({ key }) => key))
  return [...origin.reads].every((key) => planned.has(key))
}
