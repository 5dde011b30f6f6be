import {
  type CreateAction,
  type KeyRecord,
  type ObservedSecret,
  type OwnerRecord,
  type PatchAction,
  SecretSyncError,
  type Sensitive,
} from '@ack-secret-manager/core'
import { claimOf } from './claim.ts'
import type { DesiredSecret, TargetPolicy } from './desired-secret.ts'

/** What to do with a target. */
export type WriteAction =
  | { readonly kind: 'none' }
  /** Not yet: a target first appears whole. */
  | { readonly kind: 'wait' }
  /** Metadata does not tell enough: look at the content, then decide again. */
  | { readonly kind: 'inspect' }
  | { readonly kind: 'refuse'; readonly error: SecretSyncError }
  | CreateAction
  | (PatchAction & {
      /** An unowned target becomes ours. */
      readonly adopts: boolean
      /** Undoes what somebody else did to our data. */
      readonly corrects: boolean
    })

/** What was looked at. */
export interface Observation {
  readonly secret: ObservedSecret | undefined
  /** The content was looked at, not only the metadata. */
  readonly inspected: boolean
}

/** What to do with the target. Pure: same input, same action. */
export function decide(
  desired: DesiredSecret,
  { secret: observed, inspected }: Observation,
  policy: TargetPolicy,
): WriteAction {
  const complete = desired.failures.length === 0
  if (!observed) return complete ? create(desired, policy) : { kind: 'wait' }

  const claim = claimOf(observed, desired.owner)
  const record = observed.records.get(desired.owner.name)
  const mergedBefore = record?.creation === 'merge' && policy.creation !== 'Merge'
  if (claim.kind === 'ours' && record && !mergedBefore) {
    if (!complete && policy.onKeyFailure === 'Block') return { kind: 'none' }
    if (record.digestKeyId !== desired.digestKeyId && !inspected) return { kind: 'inspect' }
    return (
      refuseForeignKeys(desired, observed, record, policy) ??
      refuseOtherType(desired, observed) ??
      update(desired, observed, record, policy)
    )
  }

  if (policy.creation === 'Merge') {
    const held = claim.kind === 'other-resource' ? heldByOthers(desired, observed) : []
    if (held.length > 0) return refuse(desired, `another resource, ${held[0]?.owner}, holds key ${held[0]?.key}`)
  } else if (claim.kind === 'other-resource') {
    return refuse(desired, `it belongs to ${desired.owner.kind} ${claim.name}`)
  } else if (claim.kind === 'other-controller') {
    return refuse(desired, `it belongs to ${claim.description}`)
  } else if (
    (claim.kind === 'unowned' || mergedBefore) &&
    policy.creation !== 'Adopt' &&
    !policy.adopt &&
    !observed.adoptRequested
  ) {
    return refuse(
      desired,
      'it exists and nobody gave it to us; to take it over set spec.target.creationPolicy: Adopt, or the annotation alibabacloud.com/adopt: "true" on it',
    )
  }
  if (!complete) return { kind: 'wait' }
  if (!inspected) return { kind: 'inspect' }
  return (
    refuseForeignKeys(desired, observed, undefined, policy) ??
    refuseOtherType(desired, observed) ??
    takeOver(desired, observed, policy)
  )
}

function create(desired: DesiredSecret, policy: TargetPolicy): CreateAction {
  const { target, owner, type } = desired
  return {
    kind: 'create',
    target,
    owner,
    type,
    set: bytesOf(desired, desired.data.keys()),
    record: recordOf(desired, policy, new Map()),
  }
}

function update(
  desired: DesiredSecret,
  observed: ObservedSecret,
  record: OwnerRecord,
  policy: TargetPolicy,
): WriteAction {
  const carried = carriedKeys(desired, record)
  const drifted = new Set(observed.drifted)
  const set = [...desired.data].filter(
    ([key, { digest }]) => record.keys.get(key)?.digest !== digest || drifted.has(key),
  )
  const remove = [...record.keys.keys()].filter((key) => !desired.data.has(key) && !carried.has(key))
  const corrects = observed.metadataDrifted || set.some(([key]) => drifted.has(key))
  const next = recordOf(desired, policy, carried)
  if (set.length === 0 && remove.length === 0 && !corrects && sameRecord(record, next)) return { kind: 'none' }
  return {
    ...patch(desired, observed, next),
    set: bytesOf(
      desired,
      set.map(([key]) => key),
    ),
    remove,
    adopts: false,
    corrects,
  }
}

function takeOver(desired: DesiredSecret, observed: ObservedSecret, policy: TargetPolicy): WriteAction {
  return {
    ...patch(desired, observed, recordOf(desired, policy, new Map())),
    set: bytesOf(desired, desired.data.keys()),
    remove: [],
    adopts: policy.creation !== 'Merge',
    corrects: false,
  }
}

function patch(
  desired: DesiredSecret,
  observed: ObservedSecret,
  record: OwnerRecord,
): Omit<PatchAction, 'set' | 'remove'> {
  const { target, owner, type } = desired
  return {
    kind: 'patch',
    target,
    owner,
    type,
    record,
    ifUid: observed.uid,
    ifResourceVersion: observed.resourceVersion,
  }
}

/** Keys that could not be read this time and keep what they hold. */
function carriedKeys(desired: DesiredSecret, record: OwnerRecord): ReadonlyMap<string, KeyRecord> {
  const named = new Set(desired.failures.flatMap(({ keys }) => keys ?? []))
  // What a document would have given is whatever it gave last.
  const documents = new Set(desired.failures.filter(({ keys }) => !keys).map(({ secret }) => secret))
  return new Map(
    [...record.keys].filter(([key, { secret }]) => !desired.data.has(key) && (named.has(key) || documents.has(secret))),
  )
}

function recordOf(desired: DesiredSecret, policy: TargetPolicy, carried: ReadonlyMap<string, KeyRecord>): OwnerRecord {
  const keys = new Map(carried)
  for (const [key, { secret, versionId, digest }] of desired.data) keys.set(key, { secret, versionId, digest })
  return {
    keys,
    digestKeyId: desired.digestKeyId,
    creation: policy.creation === 'Merge' ? 'merge' : 'owner',
    deletion: policy.deletion === 'Retain' ? 'retain' : 'delete',
  }
}

/** Digest keys are not compared: a new one alone is no reason to write. */
function sameRecord(a: OwnerRecord, b: OwnerRecord): boolean {
  if (a.creation !== b.creation || a.deletion !== b.deletion || a.keys.size !== b.keys.size) return false
  return [...a.keys].every(([key, from]) => {
    const to = b.keys.get(key)
    return to?.secret === from.secret && to.versionId === from.versionId
  })
}

function bytesOf(desired: DesiredSecret, keys: Iterable<string>): ReadonlyMap<string, Sensitive<Uint8Array>> {
  const bytes = new Map<string, Sensitive<Uint8Array>>()
  for (const key of keys) {
    const value = desired.data.get(key)
    if (value) bytes.set(key, value.bytes)
  }
  return bytes
}

function heldByOthers(desired: DesiredSecret, observed: ObservedSecret): { owner: string; key: string }[] {
  return [...observed.records]
    .filter(([owner]) => owner !== desired.owner.name)
    .flatMap(([owner, { keys }]) =>
      [...keys.keys()].filter((key) => desired.data.has(key)).map((key) => ({ owner, key })),
    )
}

/** Merging never takes a key from somebody. */
function refuseForeignKeys(
  desired: DesiredSecret,
  observed: ObservedSecret,
  record: OwnerRecord | undefined,
  policy: TargetPolicy,
): WriteAction | undefined {
  if (policy.creation !== 'Merge') return undefined
  const foreign = [...desired.data.keys()].find((key) => observed.foreignKeys.has(key) && !record?.keys.has(key))
  return foreign === undefined
    ? undefined
    : refuse(desired, `somebody else holds key ${foreign}; rename ours or remove theirs`)
}

function refuseOtherType(desired: DesiredSecret, observed: ObservedSecret): WriteAction | undefined {
  if (observed.type === undefined || observed.type === desired.type) return undefined
  return {
    kind: 'refuse',
    error: new SecretSyncError(
      'InvalidForType',
      `Secret ${desired.target.name} has type ${observed.type} and spec.type asks for ${desired.type}; Kubernetes cannot change it: delete the Secret, it is made anew`,
      { facts: { field: 'spec.type' } },
    ),
  }
}

function refuse(desired: DesiredSecret, why: string): WriteAction {
  return {
    kind: 'refuse',
    error: new SecretSyncError(
      'TargetConflict',
      `Secret ${desired.target.namespace}/${desired.target.name} is left alone: ${why}`,
    ),
  }
}
