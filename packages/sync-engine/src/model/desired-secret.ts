import type {
  KeyRecord,
  Owner,
  SecretSyncError,
  SecretType,
  Sensitive,
  TargetMetadata,
  TargetRef,
} from '@ack-secret-manager/core'

/** A key that could be read, with the digest of its value. */
export interface DesiredKey extends KeyRecord {
  readonly bytes: Sensitive<Uint8Array>
}

/** An entry of the plan that gave nothing. */
export interface EntryFailure {
  readonly field: string
  readonly secret: string
  readonly error: SecretSyncError
  /** Keys that the entry would have given, where the spec alone tells; undefined where the document would have. */
  readonly keys: readonly string[] | undefined
  /** The value we have is older than the resource may trust. */
  readonly stale: boolean
  /** The target was never made of this secret as the spec is now. @default false */
  readonly isFirst?: boolean
  /** An optional secret was not found for the first time: what the target holds of it stays until a second look. @default false */
  readonly isUnconfirmed?: boolean
}

/** A value that was read, without its bytes. */
export interface UsedSource {
  readonly secret: string
  readonly versionStage: string
  readonly versionId: string
  readonly type: SecretType
  readonly rotation: { readonly automatic: boolean; readonly nextMs: number | undefined } | undefined
}

/** Everything that one resource's values say its target should be. */
export interface AssembledSecret {
  readonly data: ReadonlyMap<string, DesiredKey>
  /** Labels and annotations besides the writer's own. */
  readonly metadata: TargetMetadata
  /** Keys and metadata whose names may be part of a value, and are not told: each with the template that has given it. */
  readonly namedBy?: ReadonlyMap<string, string>
  readonly failures: readonly EntryFailure[]
  readonly sources: readonly UsedSource[]
}

/** How a target may be treated. */
export interface TargetPolicy {
  readonly creation: 'Owner' | 'Adopt' | 'Merge'
  readonly deletion: 'Delete' | 'Retain'
  readonly onKeyFailure: 'KeepPrevious' | 'Block'
  /** The resource itself asks for adoption. */
  readonly adopt: boolean
  /** The target is made immutable. Never with `Merge`. */
  readonly immutable: boolean
  /** Workloads are to be restarted when the content changes. */
  readonly restarts: boolean
  /** Uid of the object that is to go, because nothing that its content came from exists any more. Absent: none is. */
  readonly cleanUpUid?: string
}

/** What a target should hold. */
export interface DesiredSecret extends AssembledSecret {
  readonly target: TargetRef
  readonly owner: Owner
  readonly type: string
  readonly digestKeyId: string
}
