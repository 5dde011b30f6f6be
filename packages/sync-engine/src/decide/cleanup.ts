import type { ObservedSecret, OwnerRecord, ReleaseAction } from '@ack-secret-manager/core'
import { isSameOwner } from './ownership.ts'
import type { DesiredSecret, EntryFailure, TargetPolicy } from '../model/desired-secret.ts'
import type { ExistingSecret } from './observation.ts'
import type { SourceKey, SourceReading } from '../model/source-reading.ts'
import type { SyncPlan } from '../plan/sync-plan.ts'

/**
 * How far apart the first and the latest answer must be that say that a secret does not exist: who replaces a secret deletes it
 * and makes it again a moment later.
 */
export const CONFIRMED_AFTER_MS = 10_000
/** When to ask again after the first such answer. */
export const CONFIRM_IN_MS = 15_000

/** An object, and the reads that all of its content is known to have come from. */
export interface ContentOrigin {
  readonly uid: string
  readonly reads: ReadonlySet<SourceKey>
}

/** What a sync has come to, as far as it matters here. */
interface SyncedTarget {
  readonly failures: readonly EntryFailure[]
  readonly target: { readonly uid: string | undefined }
}

/** Where the content of the target comes from after a sync; undefined where this process cannot tell. Pure. */
export function originAfter(
  before: ContentOrigin | undefined,
  plan: SyncPlan,
  readings: ReadonlyMap<SourceKey, SourceReading>,
  { failures, target: { uid } }: SyncedTarget,
): ContentOrigin | undefined {
  if (uid === undefined) return undefined
  const given = plan.reads.map(({ key }) => key).filter((key) => readings.get(key)?.kind === 'value')
  if (failures.length === 0) return { uid, reads: new Set(given) }
  // What is carried on came from where it came from before, unless that is not among the reads any more.
  const isKnown = before?.uid === uid && isCoveredBy(plan, before)
  return isKnown ? { uid, reads: new Set([...before.reads, ...given]) } : undefined
}

/**
 * What is left of the secrets that a target is made of:
 * - `present`: at least one exists, or nobody can say that it does not;
 * - `absent`: none exists, and it is not known whether the target was made of these;
 * - `perhaps`: the target was, but who replaces a secret may make it again in a moment;
 * - `gone`: what this object was made of is gone.
 */
export type SourceExistence =
  | { readonly kind: 'present' | 'absent' | 'unconfirmed' }
  | { readonly kind: 'deleted'; readonly uid: string }

/**
 * What is left of the secrets of a plan. Only where this process itself has read the content, at these very places as these
 * very identities, it can be gone: a misspelt name, another endpoint or another account never counts. Pure.
 */
export function sourceExistenceOf(
  plan: SyncPlan,
  readings: ReadonlyMap<SourceKey, SourceReading>,
  origin: ContentOrigin | undefined,
): SourceExistence {
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
 * Deletes a target with the secrets that it came from: only the very object, as it was seen, and only where it is ours alone
 * and nobody else has put anything into it. Undefined where it stays.
 */
export function cleanUp(
  { target, owner }: DesiredSecret,
  { secret: observed, inspected }: ExistingSecret,
  record: OwnerRecord,
  policy: TargetPolicy,
): ReleaseAction | { readonly kind: 'inspect' } | undefined {
  const { controller } = observed
  const isGoing = policy.cleanUpUid === observed.uid && controller !== undefined && isSameOwner(controller, owner)
  const isKept = record.deletion === 'retain' || policy.deletion === 'Retain'
  const isShared = policy.creation === 'Merge' || observed.records.size > 1
  if (!isGoing || isKept || isShared || isModifiedByOthers(observed)) return undefined
  // Only its content tells who made it immutable, and whether all is still as we know it.
  if (!inspected) return { kind: 'inspect' }
  if (observed.immutable && !record.immutable) return undefined
  const { uid: ifUid, resourceVersion: ifResourceVersion } = observed
  return { kind: 'release', how: 'delete', target, ownerName: owner.name, removeKeys: [], ifUid, ifResourceVersion }
}

/** Somebody else keeps something in it, or has changed what we wrote. */
function isModifiedByOthers({ foreignKeys, drifted }: ObservedSecret): boolean {
  return foreignKeys.size > 0 || drifted.length > 0
}

function isCoveredBy({ reads }: SyncPlan, origin: ContentOrigin): boolean {
  const planned = new Set(reads.map(({ key }) => key))
  return [...origin.reads].every((key) => planned.has(key))
}
