import { isOutage, type SecretSyncError } from '@ack-secret-manager/core'
import type { EntryFailure, UsedSource } from './desired-secret.ts'

/** What became of the target in one sync. */
export interface TargetOutcome {
  readonly name: string
  /** Undefined where there is no target. */
  readonly uid: string | undefined
  /** Our keys, each with the secret that its value came from. */
  readonly keys: ReadonlyMap<string, string>
  /** Keys of ours that somebody else changed and that could not be restored. */
  readonly drifted: readonly string[]
}

/** What one sync of one resource did. Holds no values. */
export type SyncOutcome =
  | { readonly kind: 'suspended' }
  /** Nothing was written: the spec, the values together, or the target forbid it. */
  | {
      readonly kind: 'refused'
      readonly error: SecretSyncError
      /** Secrets that the resource wants, as far as its spec can be read. */
      readonly secrets: readonly string[]
      /** Undefined where nobody has looked. */
      readonly target: TargetOutcome | undefined
    }
  | SyncedOutcome

/** A sync that nothing forbade; some entries may have failed. */
export interface SyncedOutcome {
  readonly kind: 'synced'
  readonly action: 'none' | 'wait' | 'create' | 'patch'
  readonly adopted: boolean
  readonly corrected: boolean
  readonly sources: readonly UsedSource[]
  readonly failures: readonly EntryFailure[]
  readonly target: TargetOutcome
}

/** Failures that only make the value older, not wrong: the target holds what the secret last gave, untouched. */
export function isTolerated({ stale, error, keys, secret }: EntryFailure, { target }: SyncedOutcome): boolean {
  if (stale || !isOutage(error.code)) return false
  const held = [...target.keys].filter(([, from]) => from === secret).map(([key]) => key)
  if (held.length === 0 || held.some((key) => target.drifted.includes(key))) return false
  return keys === undefined || keys.every((key) => held.includes(key))
}

/** Whether a sync changed its target. */
export function hasWritten(outcome: SyncOutcome): outcome is SyncedOutcome {
  return outcome.kind === 'synced' && (outcome.action === 'create' || outcome.action === 'patch')
}
