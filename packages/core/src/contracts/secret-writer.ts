import type { Sensitive } from '../sensitive.ts'
import type { MetadataName, MetadataRecord, TargetMetadata } from './target-metadata.ts'

/** Names a target: a Secret or a directory of files. */
export interface TargetRef {
  readonly namespace: string
  readonly name: string
}

/** The resource for which a target is written; it is in the namespace of the target. */
export interface Owner {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  /** Empty without a cluster. */
  readonly uid: string
}

/** Source of the value of one key, and a digest of the value. */
export interface KeyRecord {
  /** Name of the secret in its manager. */
  readonly secret: string
  readonly versionId: string
  /** From the {@link ContentDigester} whose id is in the record. */
  readonly digest: string
}

/** Keys and metadata that one owner has in a target, as recorded on the target itself. */
export interface OwnerRecord {
  readonly keys: ReadonlyMap<string, KeyRecord>
  readonly digestKeyId: string
  /** `owner` owns the whole target, `merge` only its keys. */
  readonly creation: 'owner' | 'merge'
  /** Whether the target is deleted with its owner. */
  readonly deletion: 'delete' | 'retain'
  /** Labels and annotations that the owner has set; absent if there are none. */
  readonly metadata?: MetadataRecord
  /** The owner has made the target immutable. */
  readonly immutable?: true
  /** Id of the last content change for which a restart of workloads is pending. */
  readonly restartDue?: string
  /**
   * Names of the secrets that the content has because a list showed them, by the id of the condition. An id without names means that its
   * list was complete.
   */
  readonly found?: ReadonlyMap<string, readonly string[]>
}

/** Observed state of a target without its values. */
export interface ObservedSecret {
  readonly target: TargetRef
  /** UID of the object; a recreated one has another. */
  readonly uid: string
  readonly resourceVersion: string
  /** Type of the Secret; undefined if only its metadata was read. */
  readonly type: string | undefined
  /** The Secret is immutable. Metadata does not show whether another client has made it immutable. */
  readonly immutable: boolean
  /** The controller in its ownerReferences. The kind of another controller includes its group. */
  readonly controller: { readonly kind: string; readonly name: string; readonly uid: string } | undefined
  /** Records by owner name. */
  readonly records: ReadonlyMap<string, OwnerRecord>
  /** Recorded keys that another client has changed or removed since. */
  readonly drifted: readonly string[]
  /** Keys owned by others, as far as metadata shows. */
  readonly foreignKeys: ReadonlySet<string>
  /** Labels and annotations without a record. Absent for targets without metadata. */
  readonly foreignMetadata?: ReadonlySet<MetadataName>
  /** The object has the adopt annotation. */
  readonly adoptRequested: boolean
  /** Another client has changed or removed recorded labels or annotations. */
  readonly metadataDrifted: boolean
  /** The object is newer than the last write of the operator: another client restored it from a backup. */
  readonly restored?: boolean
}

/** Creates a target that does not exist. */
export interface CreateAction {
  readonly kind: 'create'
  readonly target: TargetRef
  readonly owner: Owner
  readonly type: string
  readonly set: ReadonlyMap<string, Sensitive<Uint8Array>>
  /** Labels and annotations of `record.metadata`. Writers whose targets have no labels store only the record. */
  readonly metadata?: TargetMetadata
  readonly record: OwnerRecord
}

/** Changes exactly the named keys of a target that is unchanged since it was observed. */
export interface PatchAction {
  readonly kind: 'patch'
  readonly target: TargetRef
  readonly owner: Owner
  /** Type of the Secret, stored in the record. */
  readonly type: string
  readonly set: ReadonlyMap<string, Sensitive<Uint8Array>>
  readonly remove: readonly string[]
  /** Labels and annotations of the owner. Those that only its former record names are removed; those that only `record` names stay. */
  readonly metadata?: TargetMetadata
  /** The complete new record of the owner. */
  readonly record: OwnerRecord
  /** Recorded owners that do not exist. Their records are removed, and what they have written stays. @default none */
  readonly formerOwners?: readonly string[]
  readonly ifUid: string
  readonly ifResourceVersion: string
}

/** Overwrites the record of the owner and nothing else. */
export interface RecordAction {
  readonly kind: 'record'
  readonly target: TargetRef
  readonly ownerName: string
  readonly record: OwnerRecord
  readonly ifUid: string
  readonly ifResourceVersion: string
}

/**
 * Recreates a target under its name, because type and immutable content cannot change in place. The old or the new content
 * exists at every moment. After a crash it is in {@link SecretWriter.unfinished}, and a {@link FinishAction} completes it.
 */
export interface ReplaceAction {
  readonly kind: 'replace'
  readonly target: TargetRef
  readonly owner: Owner
  readonly type: string
  readonly set: ReadonlyMap<string, Sensitive<Uint8Array>>
  /** Keys that keep their current bytes. */
  readonly carry: readonly string[]
  readonly metadata?: TargetMetadata
  readonly record: OwnerRecord
  readonly ifUid: string
  readonly ifResourceVersion: string
}

/** Completes a replacement: recreates a missing target from the staged content, then deletes the staged content. */
export interface FinishAction {
  readonly kind: 'finish'
  readonly target: TargetRef
  readonly ownerName: string
}

/** Ends the ownership: deletes the target, or removes the owner's keys, labels and annotations, or only its record. */
export interface ReleaseAction {
  readonly kind: 'release'
  readonly target: TargetRef
  readonly ownerName: string
  readonly how: 'delete' | 'remove-keys' | 'forget'
  readonly removeKeys: readonly string[]
  readonly ifUid: string
  readonly ifResourceVersion: string
}

/** An action of a {@link SecretWriter}. */
export type TargetAction = CreateAction | PatchAction | RecordAction | ReplaceAction | FinishAction | ReleaseAction

/** A replacement that was started and not completed. */
export interface UnfinishedReplacement {
  readonly target: TargetRef
  readonly ownerName: string
  /** Deletion policy in the record of the new target. */
  readonly deletion: OwnerRecord['deletion']
  /** The deletion policy was `delete`, and the owner was deleted with `--cascade=orphan`. */
  readonly orphaned?: true
}

/** A change of a target by another client. */
export interface TargetChange {
  readonly target: TargetRef
  /** `rewritten`: another replica has written other content. The sources must be read again, because either may be outdated. */
  readonly kind: 'deleted' | 'changed' | 'rewritten'
  /** Owners with a record in the target. */
  readonly ownerNames: readonly string[]
  /** Another client had created the deleted target, and may be about to recreate it. */
  readonly madeByOthers?: true
}

/** Values of a target, with its state when they were read. */
export interface TargetValues {
  /** As from {@link SecretWriter.inspect}. */
  readonly observed: ObservedSecret
  /** Those of the requested keys that the target has. */
  readonly values: ReadonlyMap<string, Sensitive<Uint8Array>>
  /** Recorded keys with another value than the recorded one. */
  readonly edited: ReadonlySet<string>
}

/** Writes values to targets. It makes no decisions: it applies an action or fails. */
export interface SecretWriter {
  /**
   * Observed state of a target; undefined if it does not exist.
   * @param options.fresh read the target itself, not a cache
   * @throws SecretSyncError `Unavailable` | `Timeout` | `WriteDenied`
   */
  observe(target: TargetRef, options: { signal: AbortSignal; fresh?: boolean }): Promise<ObservedSecret | undefined>
  /**
   * Like a fresh `observe`, but reads the values: the records have digests of the current content, from the writer's
   * digester. A recorded key that is missing has no record.
   */
  inspect(target: TargetRef, options: { signal: AbortSignal }): Promise<ObservedSecret | undefined>
  /**
   * Like `inspect`, with the values of `keys`, which the writer does not keep. Undefined if the target does not exist.
   * Absent if targets cannot hold generated values.
   */
  readValues?(
    target: TargetRef,
    options: { signal: AbortSignal; keys: readonly string[] },
  ): Promise<TargetValues | undefined>
  /**
   * The clock of the server that has the targets, in wall-clock milliseconds, from its last response; undefined before the first one.
   * Absent if targets are on this machine.
   */
  serverTimeMs?(): number | undefined
  /**
   * Applies the action atomically.
   * @returns the target afterwards; undefined when it was deleted
   * @throws SecretSyncError `Conflict` when the target differs from what the action expects: observe and decide again;
   * `WriteDenied` | `WriteFailed` | `InvalidForType` | `TooLarge` | `Unavailable` | `Timeout`; `WriteFailed` also for an unknown kind of
   * action; `Cancelled` after `close`
   */
  apply(action: TargetAction, options: { signal: AbortSignal }): Promise<ObservedSecret | undefined>
  /** Cached targets in `namespace` with a cached record of the owner. */
  ownedBy(namespace: string, ownerName: string): readonly ObservedSecret[]
  /**
   * Cached targets in `namespace` that the owner may have, including those whose records are not cached, which `ownedBy` lacks. Absent if all
   * records are cached.
   */
  targetsOf?(namespace: string, ownerName: string): readonly TargetRef[]
  /** All cached targets with a record of any owner. */
  owned(): Iterable<ObservedSecret>
  /**
   * Cached replacements that were started and not completed, of one owner or of all.
   * Absent if a replacement is a single step.
   */
  unfinished?(owner?: { readonly namespace: string; readonly name: string }): Iterable<UnfinishedReplacement>
  /** Calls `listener` for each change by another client. Returns a function that unsubscribes. */
  onChange(listener: (change: TargetChange) => void): () => void
  /** Stops watching. Writes that have begun complete; later calls of `apply` fail with `Cancelled`. */
  close(): Promise<void>
}
