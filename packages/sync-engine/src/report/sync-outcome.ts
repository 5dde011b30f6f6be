import { type ErrorCode, isOutage, type SecretSyncError } from '@ack-secret-manager/core'
import type { ExternalSecretSpec } from '@ack-secret-manager/resources'
import { CONFIRM_IN_MS } from '../decide/cleanup.ts'
import type { EntryFailure, UsedSource } from '../model/desired-secret.ts'
import type { ExistingSecret } from '../decide/observation.ts'
import type { GeneratedKey } from '../model/generated-key.ts'
import type { SourceKey } from '../model/source-reading.ts'
import { isFrom } from '../model/template-provenance.ts'

/** Refusals that a user can end by changing a target that is not watched. */
const TARGET_CODES: ReadonlySet<ErrorCode> = new Set(['TargetConflict', 'WriteDenied', 'InvalidForType'])

/** The target after one sync. */
export interface TargetOutcome {
  readonly name: string
  /** Undefined if the target does not exist. */
  readonly uid: string | undefined
  /** Managed keys, each with its provenance. */
  readonly keys: ReadonlyMap<string, string>
  /** Managed keys that others changed and that could not be restored. */
  readonly drifted: readonly string[]
  /** Identifies the content change that workloads have not been restarted for. */
  readonly restartDue?: string | undefined
}

/** The result of one sync. Contains no values. */
export type SyncOutcome = { readonly kind: 'suspended' } | RefusedOutcome | SyncedOutcome

/** Nothing was written, because of the spec, the values or the target. */
export interface RefusedOutcome {
  readonly kind: 'refused'
  readonly error: SecretSyncError
  /** Secrets in the spec; none if it is invalid. */
  readonly secrets: readonly string[]
  /** Undefined if the target was not observed. */
  readonly target: TargetOutcome | undefined
  /** The target, if it is the reason for the refusal. */
  readonly refusedTarget?: ExistingSecret | undefined
}

/** A sync that was not refused; some entries may have failed. */
export interface SyncedOutcome {
  readonly kind: 'synced'
  readonly action: 'none' | 'wait' | 'create' | 'patch' | 'replace' | 'delete'
  readonly adopted: boolean
  readonly corrected: boolean
  /** The target had no record of the resource before a patch. */
  readonly unrecorded?: true
  /** Removed keys, without rendered ones. */
  readonly removed: readonly string[]
  readonly sources: readonly UsedSource[]
  readonly failures: readonly EntryFailure[]
  /** Found secrets that are not added, and generated keys that get no value. @default none */
  readonly refused?: readonly EntryFailure[]
  /** Number of secrets in the content that `dataFrom` has found; absent without it. */
  readonly found?: number
  readonly target: TargetOutcome
  /** Generated keys; absent without `spec.generate`. */
  readonly generated?: readonly GeneratedKey[]
  /** Keys that are no longer in the spec but stay until every source can be read; without rendered ones. */
  readonly leftOver?: readonly string[]
  /** Optional secrets with one NotFound; their keys stay until a second one. */
  readonly unconfirmed?: readonly string[]
  /**
   * - `due`: the target is deleted if the next read confirms that its secrets do not exist.
   * - `done`: the target was deleted with its secrets, and is recreated when they exist again.
   */
  readonly cleanup?: 'due' | 'done'
}

/** Whether a failure only makes the value older: the target still has the last value for this spec. */
export function isTolerated(
  { stale, error, keys, secret, isFirst = false }: EntryFailure,
  { target }: SyncedOutcome,
): boolean {
  if (stale || !isOutage(error.code) || isFirst) return false
  const held = new Map([...target.keys].filter(([, from]) => isFrom(from, secret)))
  if (held.size === 0 || target.drifted.some((key) => held.has(key))) return false
  return keys === undefined || keys.every((key) => held.has(key))
}

/** Whether a sync changed its target. */
export function hasWritten(outcome: SyncOutcome): outcome is SyncedOutcome {
  return outcome.kind === 'synced' && outcome.action !== 'none' && outcome.action !== 'wait'
}

/** Whether the target exists and has the record of the resource. */
export function hasRecord(outcome: SyncOutcome): boolean {
  return outcome.kind !== 'suspended' && outcome.target?.uid !== undefined
}

/** The sources whose last values the target has after a sync, as far as the outcome proves it. */
export function writtenSources(
  outcome: SyncOutcome,
  { onKeyFailure, target: { template } }: Pick<ExternalSecretSpec, 'onKeyFailure' | 'target'>,
): readonly SourceKey[] {
  if (outcome.kind !== 'synced' || outcome.action === 'wait' || outcome.action === 'delete') return []
  const { failures, unconfirmed, target, sources } = outcome
  const isComplete = failures.length === 0 && unconfirmed === undefined
  const isBlocked = !isComplete && (onKeyFailure === 'Block' || template !== undefined)
  return isBlocked || target.uid === undefined || target.drifted.length > 0
    ? []
    : sources.flatMap(({ source }) => source ?? [])
}

/** Whether an addition of a find only has to wait. The target has lost nothing. */
export function isAwaited({ stale, error }: EntryFailure): boolean {
  return !stale && isOutage(error.code)
}

/**
 * Whether another user has edited the target: the edit was reverted, or is the new value of a generated key. A target without
 * a record counts too, because a client that replaces it may do so after each write.
 */
export function isEditedByOthers({ corrected, unrecorded, generated = [] }: SyncedOutcome): boolean {
  return corrected || unrecorded === true || generated.some(({ how }) => how === 'adopted')
}

/** Whether a source failed. Its recovery then needs a sync, even with an unchanged value. */
export function isPartial(outcome: SyncOutcome): boolean {
  return outcome.kind === 'synced' && outcome.failures.length + (outcome.refused ?? []).length > 0
}

/** Merges an outcome with an earlier write that could not be reported. */
export function withUnreported(outcome: SyncOutcome, unreported: SyncedOutcome | undefined): SyncOutcome {
  if (!unreported || outcome.kind !== 'synced') return outcome
  // The operator deleted it, so no other user's change is reverted.
  if (hidesDeletion(outcome, unreported)) return { ...outcome, corrected: false }
  if (outcome.action !== (unreported.action === 'delete' ? 'wait' : 'none')) return outcome
  const { action, adopted, corrected, unrecorded, removed, cleanup, generated } = unreported
  return {
    ...outcome,
    action,
    adopted,
    corrected,
    removed,
    ...(unrecorded && { unrecorded }),
    ...(cleanup && { cleanup }),
    ...(generated && { generated }),
  }
}

/** Whether an outcome replaces a deletion that could not be reported. */
export function hidesDeletion(outcome: SyncOutcome, unreported: SyncedOutcome | undefined): boolean {
  return unreported?.action === 'delete' && !(outcome.kind === 'synced' && outcome.action === 'wait')
}

/**
 * When to reconcile again without a trigger: after a template timeout, and to confirm a deleted secret. Undefined if a retry
 * cannot help.
 */
export function retryMs(outcome: SyncOutcome): number | undefined {
  const isUnconfirmed = outcome.kind === 'synced' && (outcome.cleanup === 'due' || outcome.unconfirmed !== undefined)
  if (isUnconfirmed) return CONFIRM_IN_MS
  const isTemplate = outcome.kind === 'refused' && outcome.error.code === 'TemplateError'
  return isTemplate ? outcome.error.facts.retryAfterMs : undefined
}

/** Whether a sync did nothing only because its stores do not exist. */
export function lacksStore(outcome: SyncOutcome): boolean {
  return (
    outcome.kind === 'synced' &&
    outcome.action === 'wait' &&
    outcome.failures.every(({ error }) => error.code === 'StoreNotFound')
  )
}

/** Whether a change that is not watched can end the refusal: a change of the target or of permissions. */
export function canBeLiftedByOthers(outcome: SyncOutcome): boolean {
  if (outcome.kind !== 'refused') return false
  const { code, facts } = outcome.error
  // With a status the API server has measured the whole Secret, and others may make room in it.
  const isFull = code === 'TooLarge' && facts.httpStatus !== undefined
  return TARGET_CODES.has(code) || isFull || facts.httpStatus === 403
}
