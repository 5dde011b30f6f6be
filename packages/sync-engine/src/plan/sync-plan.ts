import type { SecretSyncError } from '@ack-secret-manager/core'
import type { CompiledPath, KeyRules } from '@ack-secret-manager/transform'
import type { PlannedTemplates } from './template-plan.ts'
import type { SourceRef, SourceKey } from '../model/source-reading.ts'

/** Picks one value out of a document. */
export interface PlannedPick {
  readonly path: CompiledPath
  readonly key: string
}

/** What becomes of a value: one key, some picked keys, or a key for each member of the document. */
export type PlannedShape =
  | { readonly kind: 'whole'; readonly key: string }
  | { readonly kind: 'picks'; readonly picks: readonly PlannedPick[]; readonly rules: KeyRules | undefined }
  | { readonly kind: 'members'; readonly rules: KeyRules | undefined }

/** One entry of `data` or `dataProcess`. */
export interface PlanEntry {
  /** Path of the entry in the resource, such as `spec.data[0]`. */
  readonly field: string
  /** Name of the secret at its manager. */
  readonly secret: string
  readonly versionStage: string | undefined
  readonly optional: boolean
  /** The read that gives the value, or why its store can give none. */
  readonly source:
    | { readonly kind: 'read'; readonly key: SourceKey }
    | { readonly kind: 'error'; readonly error: SecretSyncError }
  readonly shape: PlannedShape
}

/** What keeping one resource synced takes. */
export interface SyncPlan {
  /** Distinct reads. */
  readonly reads: readonly SourceRef[]
  readonly entries: readonly PlanEntry[]
  /** What is made of the keys that the entries give; undefined where they are the target's keys. */
  readonly templates: PlannedTemplates | undefined
  /** Type of the Secret. */
  readonly type: string
  /** Undefined where nothing is refreshed by the clock. */
  readonly intervalMs: number | undefined
}
