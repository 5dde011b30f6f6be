import type { SecretRef, SecretSyncError, StoreQuery } from '@ack-secret-manager/core'
import type { CompiledPath, KeyRules } from '@ack-secret-manager/transform'
import type { PlannedTemplates } from './template-plan.ts'
import type { Claim, PlannedFind } from '../model/found.ts'
import type { SourceRef, SourceKey } from '../model/source-reading.ts'

/** Picks one value out of a document. */
export interface PlannedPick {
  readonly path: CompiledPath
  readonly key: string
}

/** The keys that a value produces: one, the picked ones, or one for each member of the document. */
export type PlannedShape =
  | { readonly kind: 'whole'; readonly key: string }
  | { readonly kind: 'picks'; readonly picks: readonly PlannedPick[]; readonly rules: KeyRules | undefined }
  | { readonly kind: 'members'; readonly rules: KeyRules | undefined }
  /** The name of a found secret gives no key. */
  | { readonly kind: 'none'; readonly error: SecretSyncError }

/** One entry of `data` or `dataProcess`, or a secret that a find of `dataFrom` reads. */
export interface PlanEntry {
  /** Path of the entry in the resource, such as `spec.data[0]`. */
  readonly field: string
  /** Name of the secret in the secret manager. */
  readonly secret: string
  readonly versionStage: string | undefined
  readonly optional: boolean
  /** The source of the value, or why its store cannot be used. */
  readonly source:
    | { readonly kind: 'read'; readonly key: SourceKey }
    | { readonly kind: 'error'; readonly error: SecretSyncError }
  readonly shape: PlannedShape
  /** How the source was resolved. */
  readonly read: { readonly query: StoreQuery; readonly ref: SecretRef }
  /** For a secret that a find reads. */
  readonly found?: { readonly id: string; readonly claim: Claim }
}

/** Everything needed to sync one resource. */
export interface SyncPlan {
  /** Distinct sources. */
  readonly reads: readonly SourceRef[]
  readonly entries: readonly PlanEntry[]
  /** Templates over the extracted keys; undefined if these are the target's keys. */
  readonly templates: PlannedTemplates | undefined
  readonly type: string
  /** Refresh interval; undefined if polling is disabled. */
  readonly intervalMs: number | undefined
  /** The finds of `dataFrom`. */
  readonly finds: readonly PlannedFind[]
}
