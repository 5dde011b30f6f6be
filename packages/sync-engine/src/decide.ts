import {
  type CreateAction,
  type KeyRecord,
  type ObservedSecret,
  type OwnerRecord,
  type PatchAction,
  type ReleaseAction,
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
  /** Kubernetes cannot change it in place: the old one goes, then the new one comes. */
  | { readonly kind: 'replace'; readonly release: ReleaseAction; readonly create: CreateAction }
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
  const held = heldByOthers(desired, observed, record)
  if (claim.kind === 'ours' && record && !mergedBefore) {
    if (!complete && policy.onKeyFailure === 'Block') return { kind: 'none' }
    if (record.digestKeyId !== desired.digestKeyId && !inspected) return { kind: 'inspect' }
    return (
      held ??
      refuseForeignKeys(desired, observed, record, policy) ??
      refuseTakenKeys(desired, record) ??
      otherType(desired, observed, record, policy) ??
      update(desired, observed, record, policy)
    )
  }

  const isGivenUp = claim.kind === 'unowned' || mergedBefore
  if (policy.creation === 'Merge') {
    if (held) return held
  } else if (claim.kind === 'other-resource') {
    return refuse(desired, `it belongs to ${desired.owner.kind} ${claim.name}`)
  } else if (claim.kind === 'other-controller') {
    return refuse(desired, `it belongs to ${claim.description}`)
  } else if (isGivenUp && policy.creation !== 'Adopt' && !policy.adopt && !observed.adoptRequested) {
    return refuse(
      desired,
      'it exists and nobody gave it to us; to take it over set spec.target.creationPolicy: Adopt, or the annotation alibabacloud.com/adopt: "true" on it',
    )
  }
  if (!complete) return { kind: 'wait' }
  if (!inspected) return { kind: 'inspect' }
  return (
    refuseForeignKeys(desired, observed, undefined, policy) ??
    otherType(desired, observed, undefined, policy) ??
    takeOver(desired, observed, policy, isGivenUp && policy.creation !== 'Merge')
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

function takeOver(
  desired: DesiredSecret,
  observed: ObservedSecret,
  policy: TargetPolicy,
  adopts: boolean,
): WriteAction {
  return {
    ...patch(desired, observed, recordOf(desired, policy, new Map())),
    set: bytesOf(desired, desired.data.keys()),
    remove: [],
    adopts,
    // Ours all along, and somebody took our mark off it.
    corrects: !adopts && policy.creation !== 'Merge',
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

/** No policy takes a key that another resource of ours has written, but for those that are ours already. */
function heldByOthers(
  desired: DesiredSecret,
  observed: ObservedSecret,
  record: OwnerRecord | undefined,
): WriteAction | undefined {
  for (const [owner, { keys }] of observed.records) {
    if (owner === desired.owner.name) continue
    const key = [...keys.keys()].find((held) => desired.data.has(held) && record?.keys.has(held) !== true)
    if (key !== undefined) return refuse(desired, `another resource, ${owner}, holds key ${key}; rename one of them`)
  }
  return undefined
}

/** A key that is carried for a document that failed is not given to another secret in the meantime. */
function refuseTakenKeys(desired: DesiredSecret, record: OwnerRecord): WriteAction | undefined {
  const failing = new Set(desired.failures.filter(({ keys }) => !keys).map(({ secret }) => secret))
  for (const [key, { secret }] of desired.data) {
    const from = record.keys.get(key)?.secret
    if (from === undefined || from === secret || !failing.has(from)) continue
    const why = `key ${key} came from ${from}, which cannot be read now, and is also given by ${secret}; rename one of them`
    return { kind: 'refuse', error: new SecretSyncError('DuplicateKey', why) }
  }
  return undefined
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

/** A type cannot be changed: what we own alone is made anew, whole or not at all. */
function otherType(
  desired: DesiredSecret,
  observed: ObservedSecret,
  record: OwnerRecord | undefined,
  policy: TargetPolicy,
): WriteAction | undefined {
  if (observed.type === undefined || observed.type === desired.type) return undefined
  if (record?.creation === 'owner' && observed.records.size === 1 && policy.creation !== 'Merge') {
    if (desired.failures.length > 0) return { kind: 'none' }
    const { target, owner } = desired
    const { uid: ifUid, resourceVersion: ifResourceVersion } = observed
    const common = { target, ownerName: owner.name, removeKeys: [], ifUid, ifResourceVersion }
    return { kind: 'replace', release: { kind: 'release', how: 'delete', ...common }, create: create(desired, policy) }
  }
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
