import type { Sensitive } from '../sensitive.ts'
import type { MetadataName, MetadataRecord, TargetMetadata } from './target-metadata.ts'

/** Names a target: a Secret, or a folder of files. */
export interface TargetRef {
  readonly namespace: string
  readonly name: string
}

/** The resource on whose behalf a target is written; it lives in the target's namespace. */
export interface Owner {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  /** Empty where there is no cluster to give one. */
  readonly uid: string
}

/** Where the value of one key came from, and a digest of it. */
export interface KeyRecord {
  /** Name of the secret at its manager. */
  readonly secret: string
  readonly versionId: string
  /** By the {@link ContentDigester} whose id the record names. */
  readonly digest: string
}

/** What one owner holds in a target, as the target itself remembers it. */
export interface OwnerRecord {
  readonly keys: ReadonlyMap<string, KeyRecord>
  /** Id of the digest key with which the digests were made. */
  readonly digestKeyId: string
  /** How the owner came to it; `merge` holds its keys only. */
  readonly creation: 'owner' | 'merge'
  /** What happens to it when the owner goes. */
  readonly deletion: 'delete' | 'retain'
  /** Labels and annotations that the owner has set; absent where there are none. */
  readonly metadata?: MetadataRecord
  /** The owner has made the target immutable. */
  readonly immutable?: true
  /** Names the last change of content after which workloads are still to be restarted. */
  readonly restartDue?: string
}

/** What is known of a target without its values. */
export interface ObservedSecret {
  readonly target: TargetRef
  /** Identity of the object; a re-created one has another. */
  readonly uid: string
  readonly resourceVersion: string
  /** Type of the Secret, as far as it is known: metadata does not tell it. */
  readonly type: string | undefined
  /** The content cannot be changed in place, as far as it is known: metadata does not tell what others have made of it. */
  readonly immutable: boolean
  /** The controller that owns the object, ours or anyone's; the kind of theirs with its group. */
  readonly controller: { readonly kind: string; readonly name: string; readonly uid: string } | undefined
  /** Records by owner name. */
  readonly records: ReadonlyMap<string, OwnerRecord>
  /** Keys of ours that somebody else has since changed or removed. */
  readonly drifted: readonly string[]
  /** Keys held by others, as far as metadata tells. */
  readonly foreignKeys: ReadonlySet<string>
  /** Labels and annotations that are in nobody's record. Absent where targets have none. */
  readonly foreignMetadata?: ReadonlySet<MetadataName>
  /** Somebody asked on the object itself that we take it over. */
  readonly adoptRequested: boolean
  /** Labels and annotations of ours that somebody changed or removed. */
  readonly metadataDrifted: boolean
}

/** Creates a target that was not there. */
export interface CreateAction {
  readonly kind: 'create'
  readonly target: TargetRef
  readonly owner: Owner
  readonly type: string
  readonly set: ReadonlyMap<string, Sensitive<Uint8Array>>
  /** What `record.metadata` tells of. Writers whose targets have no labels keep the record alone. */
  readonly metadata?: TargetMetadata
  readonly record: OwnerRecord
}

/** Changes exactly the named keys of a target that is still as it was observed. */
export interface PatchAction {
  readonly kind: 'patch'
  readonly target: TargetRef
  readonly owner: Owner
  /** Type of the Secret, remembered with the record. */
  readonly type: string
  readonly set: ReadonlyMap<string, Sensitive<Uint8Array>>
  readonly remove: readonly string[]
  /** Labels and annotations of the owner. Those that only its former record names are taken off; what only `record` names stays. */
  readonly metadata?: TargetMetadata
  /** The owner's new record, whole. */
  readonly record: OwnerRecord
  readonly ifUid: string
  readonly ifResourceVersion: string
}

/** Writes the owner's record anew and leaves all else as it is. */
export interface RecordAction {
  readonly kind: 'record'
  readonly target: TargetRef
  readonly ownerName: string
  readonly record: OwnerRecord
  readonly ifUid: string
  readonly ifResourceVersion: string
}

/**
 * Makes a target anew under its name, as what cannot be changed in place. At no moment is there less than the old or the new
 * content: what is left of it when the writer dies is in {@link SecretWriter.unfinished}, to be ended with a {@link FinishAction}.
 */
export interface ReplaceAction {
  readonly kind: 'replace'
  readonly target: TargetRef
  readonly owner: Owner
  readonly type: string
  readonly set: ReadonlyMap<string, Sensitive<Uint8Array>>
  /** Keys that keep the bytes which the target holds. */
  readonly carry: readonly string[]
  readonly metadata?: TargetMetadata
  readonly record: OwnerRecord
  readonly ifUid: string
  readonly ifResourceVersion: string
}

/** Ends a replacement that was begun: a target that is gone is made of what was laid by, and what was laid by goes. */
export interface FinishAction {
  readonly kind: 'finish'
  readonly target: TargetRef
  readonly ownerName: string
}

/** Gives up what an owner holds: deletes the target, takes out its keys, labels and annotations, or only the record. */
export interface ReleaseAction {
  readonly kind: 'release'
  readonly target: TargetRef
  readonly ownerName: string
  readonly how: 'delete' | 'remove-keys' | 'forget'
  readonly removeKeys: readonly string[]
  readonly ifUid: string
  readonly ifResourceVersion: string
}

/** What a {@link SecretWriter} can be told to do. */
export type TargetAction = CreateAction | PatchAction | RecordAction | ReplaceAction | FinishAction | ReleaseAction

/** A replacement that was begun and not ended. */
export interface UnfinishedReplacement {
  readonly target: TargetRef
  readonly ownerName: string
  /** What the new target's record says of its deletion. */
  readonly deletion: OwnerRecord['deletion']
  /** The target was to be deleted with its owner, and the owner was deleted with `--cascade=orphan`. */
  readonly orphaned?: true
}

/** Something happened to a target that was not our doing. */
export interface TargetChange {
  readonly target: TargetRef
  /** `rewritten`: another process of ours has written other content; whichever of the two is out of date, look again at the sources. */
  readonly kind: 'deleted' | 'changed' | 'rewritten'
  /** Owners that had a record in it. */
  readonly ownerNames: readonly string[]
  /** Others had created the deleted target, and may be about to create it again. */
  readonly madeByOthers?: true
}

/** Writes values to their targets. All decisions are the caller's: a writer does what it is told or says why not. */
export interface SecretWriter {
  /**
   * What is known of a target; undefined when there is none.
   * @param options.fresh ask the target itself, not a cache
   * @throws SecretSyncError `Unavailable` | `Timeout` | `WriteDenied`
   */
  observe(target: TargetRef, options: { signal: AbortSignal; fresh?: boolean }): Promise<ObservedSecret | undefined>
  /**
   * As a fresh `observe`, but each owner's records hold the digests of what is really there, made with the writer's
   * digester: reads the values. A recorded key that is absent has no record.
   */
  inspect(target: TargetRef, options: { signal: AbortSignal }): Promise<ObservedSecret | undefined>
  /**
   * Does it, or nothing at all.
   * @returns the target afterwards; undefined when it is gone
   * @throws SecretSyncError `Conflict` when the target is not as the action expects: observe afresh and decide anew;
   * `WriteDenied` | `WriteFailed` | `InvalidForType` | `TooLarge` | `Unavailable` | `Timeout`
   */
  apply(action: TargetAction, options: { signal: AbortSignal }): Promise<ObservedSecret | undefined>
  /** Targets in `namespace` that hold a record of the owner, as far as is known without asking. */
  ownedBy(namespace: string, ownerName: string): readonly ObservedSecret[]
  /** All targets that hold a record of anyone, as far as is known without asking. */
  owned(): Iterable<ObservedSecret>
  /**
   * Replacements that were begun and not ended, of one owner or of all, as far as is known without asking.
   * Absent where a replacement is one step.
   */
  unfinished?(owner?: { readonly namespace: string; readonly name: string }): Iterable<UnfinishedReplacement>
  /** Calls `listener` for each change that was not ours. Returns the way to stop that. */
  onChange(listener: (change: TargetChange) => void): () => void
  close(): Promise<void>
}
