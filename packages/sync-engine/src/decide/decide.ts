import type {
  CreateAction,
  ObservedSecret,
  OwnerRecord,
  PatchAction,
  ReleaseAction,
  ReplaceAction,
  Sensitive,
} from '@ack-secret-manager/core'
import { formerOwnersOf, isAdoptRequested, withoutOwners } from '../ownership/former-owners.ts'
import { ownershipOf, isOfFormerOwner } from '../ownership/ownership.ts'
import { cleanUp } from './cleanup.ts'
import type { DesiredKey, DesiredSecret, TargetPolicy } from '../model/desired-secret.ts'
import { diffContent } from './content-diff.ts'
import { isGenerated } from '../model/generated-version.ts'
import type { Observation, ExistingSecret } from './observation.ts'
import { deletionOf, nextRecord, sameRecord } from '../ownership/owner-record.ts'
import {
  HOW_TO_ADOPT,
  isOtherType,
  type Refusal,
  refuse,
  refuseReplace,
  refuseForeignKeys,
  refuseImmutable,
  refuseOthers,
  refuseOwnedKeys,
  refuseSystemSecret,
  refuseCarriedKeys,
  refuseInvalid,
} from './refusals.ts'

/** What to do with a target. */
export type WriteAction =
  | { readonly kind: 'none' }
  /** Wait: a new target is created only with all its keys. */
  | { readonly kind: 'wait' }
  /** Metadata is not enough: read the content, then decide again. */
  | { readonly kind: 'inspect' }
  /** The target lacks values that it was assumed to have: read their secrets, then decide again. */
  | { readonly kind: 'reread' }
  | Refusal
  | CreateAction
  /** Recreate the target, because Kubernetes cannot change it in place. */
  | ReplaceAction
  /** Delete the target, because all its secrets were deleted. */
  | ReleaseAction
  | (PatchAction & {
      /** Adopts a target without an owner. */
      readonly adopts: boolean
      /** Reverts a change by another user or controller. */
      readonly repairsDrift: boolean
      /** The target has no record of this resource: a first write, or another client has replaced it. */
      readonly unrecorded?: true
    })

/** What to do with the target. Pure: same input, same action. */
export function decide(
  desired: DesiredSecret,
  { secret: seen, inspected }: Observation,
  policy: TargetPolicy,
): WriteAction {
  const complete = desired.failures.length === 0
  const hasValues = [...desired.data.values()].every(({ bytes }) => bytes !== undefined)
  if (!seen && !hasValues) return { kind: 'reread' }
  if (!seen) return complete ? create(desired, inspected, policy) : { kind: 'wait' }

  const observed = withoutOwners(seen, formerOwnersOf(seen, desired.owner, policy))
  const ownership = ownershipOf(observed, desired.owner)
  const record = observed.records.get(desired.owner.name)
  const mergedBefore = record?.creation === 'merge' && policy.creation !== 'Merge'
  const held = refuseOwnedKeys(desired, observed, record, policy)
  if (ownership.kind === 'ours' && record && !mergedBefore) {
    const cleanupAction = cleanUp(desired, { secret: observed, inspected }, record, policy)
    if (cleanupAction) return cleanupAction
    if (!complete && policy.onKeyFailure === 'Block')
      return updateDeletionPolicy(desired, observed, policy) ?? { kind: 'none' }
    if (record.digestKeyId !== desired.digestKeyId && !inspected) return { kind: 'inspect' }
    return (
      held ??
      refuseForeignKeys(desired, observed, record, policy) ??
      refuseCarriedKeys(desired, record) ??
      inspectBeforeAddition(desired, { secret: observed, inspected }, record, policy) ??
      update(desired, { secret: observed, inspected }, record, policy)
    )
  }

  const isUnowned = ownership.kind === 'unowned' || mergedBefore
  if (policy.creation === 'Merge') {
    if (held) return held
  } else if (ownership.kind === 'other-resource') {
    return refuseOthers(desired, observed, ownership.name, isAdoptRequested(observed, policy))
  } else if (ownership.kind === 'other-controller') {
    return refuse(desired, `it belongs to ${ownership.description}`)
  } else if (isUnowned && !isAdoptRequested(observed, policy)) {
    return refuse(desired, `it already exists and is not managed by this operator; to adopt it set ${HOW_TO_ADOPT}`)
  }
  if (!complete) return { kind: 'wait' }
  if (!hasValues) return { kind: 'reread' }
  if (!inspected) return { kind: 'inspect' }
  return (
    refuseSystemSecret(desired, observed) ??
    refuseForeignKeys(desired, observed, undefined, policy) ??
    (isOtherType(desired, observed) ? refuseReplace(desired, observed, policy) : undefined) ??
    refuseInvalid(desired, observed.foreignKeys) ??
    adoptTarget(desired, seen, policy, isUnowned && policy.creation !== 'Merge')
  )
}

/** Without `managedFields`, which a user or, for a large Secret, the API server has cleared, metadata shows no keys of others. */
function inspectBeforeAddition(
  { data }: DesiredSecret,
  { inspected }: ExistingSecret,
  { keys }: OwnerRecord,
  { creation }: TargetPolicy,
): { readonly kind: 'inspect' } | undefined {
  const isAdding = creation === 'Merge' && [...data.keys()].some((key) => !keys.has(key))
  return isAdding && !inspected ? { kind: 'inspect' } : undefined
}

function create(desired: DesiredSecret, inspected: boolean, policy: TargetPolicy): WriteAction {
  const refusal = refuseInvalid(desired)
  // A Secret without our label, which the watch does not show, may have the other keys of the type.
  if (refusal && !inspected && (policy.creation !== 'Owner' || policy.adopt)) return { kind: 'inspect' }
  return (
    refusal ?? {
      kind: 'create',
      ...common(desired, newRecord(desired, policy)),
      set: bytesOf(desired.data),
    }
  )
}

/** The record of a target that has none. */
function newRecord(desired: DesiredSecret, policy: TargetPolicy): OwnerRecord {
  return nextRecord(desired, policy, new Map(), policy.restarts ? policy.restartDue : undefined)
}

function update(
  desired: DesiredSecret,
  existing: ExistingSecret,
  record: OwnerRecord,
  policy: TargetPolicy,
): WriteAction {
  const { secret: observed, inspected } = existing
  const change = diffContent(desired, existing, record)
  if (change.set.some(([, { bytes }]) => bytes === undefined)) return { kind: 'reread' }
  // Written by others but possibly correct: the target was adopted with this value, or the change was already reverted.
  const possiblyDrifted = change.set.some(([key, { digest }]) => record.keys.get(key)?.digest === digest)
  if (possiblyDrifted && !inspected) return { kind: 'inspect' }
  const restartDue = change.isNew ? `${observed.uid}/${observed.resourceVersion}` : record.restartDue
  const next = nextRecord(desired, policy, change.carried, policy.restarts ? restartDue : undefined)

  if (change.isAny && observed.immutable && !record.immutable && !policy.immutable) {
    return inspected ? refuseImmutable(desired) : { kind: 'inspect' }
  }
  const isFixed = observed.immutable && (change.isAny || (record.immutable && !policy.immutable))
  if (isFixed || isOtherType(desired, observed)) return replace(desired, existing, policy, next)
  // An edited generated key keeps its edited value.
  const isRepaired = ([key, { secret }]: readonly [string, DesiredKey]): boolean =>
    observed.drifted.includes(key) && !isGenerated(secret)
  const repairsDrift = observed.metadataDrifted || change.set.some(isRepaired)
  const isReferred = !isOfFormerOwner(observed, desired.owner)
  if (!change.isAny && !repairsDrift && isReferred && sameRecord(record, next)) return { kind: 'none' }
  const kept = [...change.carried.keys(), ...observed.foreignKeys]
  const refusal = change.isAny ? refuseInvalid(desired, kept) : undefined
  if (refusal && !inspected) return { kind: 'inspect' }
  return (
    refusal ?? {
      kind: 'patch',
      ...common(desired, next),
      ...preconditionsOf(observed),
      set: bytesOf(change.set),
      remove: change.remove,
      adopts: false,
      repairsDrift,
    }
  )
}

/**
 * A changed deletion policy applies at once, even while the content cannot be written. Otherwise the target would be deleted
 * despite `Retain`. Undefined if the policy is up to date.
 */
export function updateDeletionPolicy(
  { target, owner, type }: Pick<DesiredSecret, 'target' | 'owner' | 'type'>,
  observed: ObservedSecret,
  policy: Pick<TargetPolicy, 'creation' | 'deletion'>,
): (PatchAction & { readonly adopts: false; readonly repairsDrift: false }) | undefined {
  const record = observed.records.get(owner.name)
  const deletion = deletionOf(policy)
  if (!record || record.deletion === deletion || ownershipOf(observed, owner).kind !== 'ours') return undefined
  // The target must be adopted first, and each adoption request counts once.
  if (record.creation === 'merge' && policy.creation !== 'Merge') return undefined
  return {
    kind: 'patch',
    target,
    owner,
    type: observed.type ?? type,
    record: { ...record, deletion },
    ...preconditionsOf(observed),
    set: new Map(),
    remove: [],
    adopts: false,
    repairsDrift: false,
  }
}

/** Recreates the target. Keys of failed sources are carried over, but only if they have not drifted. */
function replace(
  desired: DesiredSecret,
  { secret: observed, inspected }: ExistingSecret,
  policy: TargetPolicy,
  record: OwnerRecord,
): WriteAction {
  if (!inspected) return { kind: 'inspect' }
  const carry = [...record.keys.keys()].filter((key) => desired.data.get(key)?.bytes === undefined)
  const refusal = refuseReplace(desired, observed, policy) ?? refuseInvalid(desired, carry)
  if (refusal) return refusal
  if (carry.some((key) => observed.drifted.includes(key))) return { kind: 'none' }
  return {
    kind: 'replace',
    ...common(desired, record),
    ...preconditionsOf(observed),
    set: bytesOf(desired.data),
    carry,
  }
}

function adoptTarget(
  desired: DesiredSecret,
  observed: ObservedSecret,
  policy: TargetPolicy,
  adopts: boolean,
): WriteAction {
  const formerOwners = formerOwnersOf(observed, desired.owner, policy)
  return {
    kind: 'patch',
    ...common(desired, newRecord(desired, policy)),
    ...preconditionsOf(observed),
    set: bytesOf(desired.data),
    remove: [],
    ...(formerOwners.length > 0 && { formerOwners }),
    adopts,
    // The resource owned the target before, but another user removed the record.
    repairsDrift: !adopts && policy.creation !== 'Merge',
    unrecorded: true,
  }
}

function common({ target, owner, type, metadata }: DesiredSecret, record: OwnerRecord) {
  return { target, owner, type, record, ...(metadata.size === 0 ? {} : { metadata }) }
}

function preconditionsOf({ uid, resourceVersion }: ObservedSecret) {
  return { ifUid: uid, ifResourceVersion: resourceVersion }
}

function bytesOf(keys: Iterable<readonly [string, DesiredKey]>): ReadonlyMap<string, Sensitive<Uint8Array>> {
  return new Map([...keys].flatMap(([key, { bytes }]) => (bytes === undefined ? [] : [[key, bytes] as const])))
}
