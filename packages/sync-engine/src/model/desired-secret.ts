import type {
  KeyRecord,
  Owner,
  OwnerRecord,
  SecretSyncError,
  SecretType,
  Sensitive,
  TargetMetadata,
  TargetRef,
} from '@ack-secret-manager/core'
import type { SourceKey } from './source-reading.ts'

/** A key with the digest of its value. */
export interface DesiredKey extends KeyRecord {
  /** Undefined for a value that the target has, and that was not read again. */
  readonly bytes: Sensitive<Uint8Array> | undefined
}

/** An entry of the plan that failed. */
export interface EntryFailure {
  readonly field: string
  readonly secret: string
  readonly error: SecretSyncError
  /** Keys of the entry, if the spec alone names them; undefined if they come from the document. */
  readonly keys: readonly string[] | undefined
  /** The last value is older than the staleness limit. */
  readonly stale: boolean
  /** The target has never had a value of this secret under the current spec. @default false */
  readonly isFirst?: boolean
  /** First NotFound of an optional secret: its keys stay until a second read confirms it. @default false */
  readonly isUnconfirmed?: boolean
}

/** A value that was read, without its bytes. */
export interface UsedSource {
  readonly secret: string
  readonly versionStage: string
  readonly versionId: string
  readonly type: SecretType
  readonly rotation: { readonly automatic: boolean; readonly nextMs: number | undefined } | undefined
  /** Where it was read. */
  readonly source?: SourceKey
}

/** The content that the values of one resource produce. */
export interface AssembledSecret {
  readonly data: ReadonlyMap<string, DesiredKey>
  /** Labels and annotations, without those of the writer. */
  readonly metadata: TargetMetadata
  /** Keys and metadata whose names may be part of a value and never appear in messages, each with its template. */
  readonly namedBy?: ReadonlyMap<string, string>
  readonly failures: readonly EntryFailure[]
  readonly sources: readonly UsedSource[]
  /** Found secrets that are not added, and generated keys that get no value. They have no other effect. @default none */
  readonly refused?: readonly EntryFailure[]
  /** The secrets of finds that the content has, for the record. Absent without finds. */
  readonly found?: NonNullable<OwnerRecord['found']>
}

/** What the resource allows for its target. */
export interface TargetPolicy {
  readonly creation: 'Owner' | 'Adopt' | 'Merge'
  readonly deletion: 'Delete' | 'Retain'
  readonly onKeyFailure: 'KeepPrevious' | 'Block'
  /** The resource requests adoption. */
  readonly adopt: boolean
  /** Recorded owners of the target that do not exist, if adoption is requested. Absent if none. */
  readonly formerOwners?: ReadonlySet<string>
  /** The target becomes immutable. Never with `Merge`. */
  readonly immutable: boolean
  /** Workloads restart when the content changes. */
  readonly restarts: boolean
  /** The pending restart of a target that was deleted, or has lost its record. Absent if none. */
  readonly restartDue?: string
  /** Uid of the object to delete because all its secrets were deleted. Absent if none. */
  readonly cleanUpUid?: string
}

/** The desired content of a target. */
export interface DesiredSecret extends AssembledSecret {
  readonly target: TargetRef
  readonly owner: Owner
  readonly type: string
  readonly digestKeyId: string
}
