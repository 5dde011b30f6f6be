import { SecretSyncError } from '@ack-secret-manager/core'
import { LIMITS, type PushedSecret, type PushSecretResource } from '@ack-secret-manager/resources'
import { isElsewhere, type Place, placeText } from './may-be-same.ts'
import { failureOf, type PushFailure } from './push-status.ts'

/** A KMS secret in a store, and where that store writes. */
export interface RecordedTarget extends Place {
  readonly key: string
  readonly secretStoreRef: PushedSecret['secretStoreRef']
}

/** The KMS secret of a target, with the namespace of its store. */
export function recordedTarget(
  { name }: { readonly name: string },
  { metadata, spec }: Pick<PushSecretResource, 'metadata' | 'spec'>,
): RecordedTarget {
  const { kind, name: store, namespace = metadata.namespace } = spec.secretStoreRef
  return {
    key: name,
    secretStoreRef: kind === 'ClusterSecretStore' ? { name: store, kind } : { name: store, namespace, kind },
  }
}

/** The record of a PushSecret before its next writes. */
export interface RecordPlan {
  /** Entries to store before the first push, so that a later run knows every secret that was pushed. */
  readonly record: readonly PushedSecret[]
  /** Entries that are no longer wanted, and whose secrets must be deleted. */
  readonly obsolete: readonly PushedSecret[]
  /** Entries whose store writes to another region or account now, so that their secrets cannot be deleted. */
  readonly moved: readonly PushedSecret[]
  /** New targets that do not fit into the record, so they are not pushed. */
  readonly excess: ReadonlySet<string>
}

export interface RecordOptions {
  readonly deletionPolicy: 'None' | 'Delete'
  /** Whether a wanted secret may be a former one in another store, so that its deletion would delete both. */
  readonly mayShare: (wanted: RecordedTarget, former: PushedSecret) => boolean
}

/**
 * Plans the record. With `Delete`, an entry stays until the deletion of its secret is scheduled; with `None`, only wanted entries stay.
 * An entry that may be a wanted secret in another store is dropped, and its secret is never deleted. Pure.
 */
export function planRecord(
  wanted: readonly RecordedTarget[],
  before: readonly PushedSecret[],
  { deletionPolicy, mayShare }: RecordOptions,
): RecordPlan {
  const targets = new Map(wanted.map((target) => [idOf(target), target]))
  const ids = new Set(targets.keys())
  const moved = before.filter((entry) => isElsewhere(entry, targets.get(idOf(entry)) ?? {}))
  const known = new Map(before.filter((entry) => !moved.includes(entry)).map((entry) => [idOf(entry), entry]))
  const isObsolete = (entry: PushedSecret): boolean =>
    !ids.has(idOf(entry)) && !wanted.some((target) => target.key === entry.key && mayShare(target, entry))
  const obsolete = deletionPolicy === 'None' ? [] : before.filter(isObsolete)
  const added = [...ids].filter((id) => !known.has(id))
  const room = LIMITS.pushedSecrets - obsolete.length - (ids.size - added.length)
  const excess = new Set(added.slice(room))
  const kept = wanted.filter((target) => !excess.has(idOf(target)))
  const record = kept.map((target): PushedSecret => ({ state: 'Pending', ...known.get(idOf(target)), ...target }))
  return {
    record: [...record, ...obsolete],
    obsolete,
    moved: deletionPolicy === 'None' ? [] : moved,
    excess,
  }
}

/** Identifies a KMS secret in a store. */
export function idOf({ key, secretStoreRef: { kind, namespace = '', name } }: RecordedTarget): string {
  return JSON.stringify([kind, namespace, name, key])
}

/** Why the secret of an entry cannot be deleted through its store. */
export function movedText({ secretStoreRef: { name }, ...former }: PushedSecret, now: Place): string {
  return `store ${name} writes to ${placeText(now)} now, and the secret is in ${placeText(former)}`
}

/** Whether two records name the same secrets. */
export function namesSame(one: readonly RecordedTarget[], other: readonly RecordedTarget[]): boolean {
  const ids = new Set(one.map(idOf))
  return ids.size === new Set(other.map(idOf)).size && other.every((entry) => ids.has(idOf(entry)))
}

/**
 * Why `count` targets of {@link RecordPlan.excess} are not pushed. No obsolete secret is deleted to make room for them, because
 * it may be the former name of one of them.
 */
export function tooMany(count: number): PushFailure {
  const message = `status.secrets is full, so new KMS secrets (${count}) are not pushed, and former ones are not deleted: push the new ones with another PushSecret and then remove them here, correct failed deletions, or set deletionPolicy: None to leave the former ones in KMS`
  return failureOf(new SecretSyncError('TooLarge', message))
}
