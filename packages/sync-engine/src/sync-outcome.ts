import { isOutage, type SecretSyncError } from '@ack-secret-manager/core'
import type { EntryFailure, UsedSource } from './desired-secret.ts'

/** What became of the target in one sync. */
export interface TargetOutcome {
  readonly name: string
  /** Undefined where there is no target. */
  readonly uid: string | undefined
  readonly keys: readonly string[]
}

/** What one sync of one resource did. Holds no values. */
export type SyncOutcome =
  | { readonly kind: 'suspended' }
  /** Nothing was written: the spec, the values together, or the target forbid it. */
  | { readonly kind: 'refused'; readonly error: SecretSyncError; readonly target: TargetOutcome | undefined }
  | {
      readonly kind: 'synced'
      readonly action: 'none' | 'wait' | 'create' | 'patch'
      readonly adopted: boolean
      readonly corrected: boolean
      readonly sources: readonly UsedSource[]
      readonly failures: readonly EntryFailure[]
      readonly target: TargetOutcome
    }

/** Failures that only make the value older, not wrong: what we have may still be trusted. */
export function isTolerated(failure: EntryFailure, outcome: Extract<SyncOutcome, { kind: 'synced' }>): boolean {
  if (failure.stale || outcome.target.uid === undefined) return false
  if (failure.keys?.some((key) => !outcome.target.keys.includes(key)) === true) return false
  return isOutage(failure.error.code)
}
