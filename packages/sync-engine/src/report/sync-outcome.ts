import { type ErrorCode, isOutage, type SecretSyncError } from '@ack-secret-manager/core'
import { CONFIRM_IN_MS } from '../decide/cleanup.ts'
import type { EntryFailure, UsedSource } from '../model/desired-secret.ts'
import type { ExistingSecret } from '../decide/observation.ts'
import { isFrom } from '../model/template-provenance.ts'

/** Refusals that somebody can lift at a target that no watch of ours shows. */
const TARGET_CODES: ReadonlySet<ErrorCode> = new Set(['TargetConflict', 'WriteDenied', 'InvalidForType'])

/** What became of the target in one sync. */
export interface TargetOutcome {
  readonly name: string
  /** Undefined where there is no target. */
  readonly uid: string | undefined
  /** Our keys, each with the secret that its value came from, or with what it was rendered from. */
  readonly keys: ReadonlyMap<string, string>
  /** Keys of ours that somebody else changed and that could not be restored. */
  readonly drifted: readonly string[]
  /** Names the change of content for which workloads are still to be restarted. */
  readonly restartDue?: string | undefined
}

/** What one sync of one resource did. Holds no values. */
export type SyncOutcome = { readonly kind: 'suspended' } | RefusedOutcome | SyncedOutcome

/** Nothing was written: the spec, the values together, or the target forbid it. */
export interface RefusedOutcome {
  readonly kind: 'refused'
  readonly error: SecretSyncError
  /** Secrets that the resource wants, as far as its spec can be read. */
  readonly secrets: readonly string[]
  /** Undefined where the target was not observed. */
  readonly target: TargetOutcome | undefined
  /** The target that forbids it by what it is; absent where something else does. */
  readonly refusedTarget?: ExistingSecret | undefined
}

/** A sync that nothing forbade; some entries may have failed. */
export interface SyncedOutcome {
  readonly kind: 'synced'
  readonly action: 'none' | 'wait' | 'create' | 'patch' | 'replace' | 'delete'
  readonly adopted: boolean
  readonly corrected: boolean
  /** Keys that went with the entry, or the member of a document, that had given them; none that templates had given. */
  readonly removed: readonly string[]
  readonly sources: readonly UsedSource[]
  readonly failures: readonly EntryFailure[]
  readonly target: TargetOutcome
  /** Keys that the spec asks for no more, kept because nobody knows what takes their place; none that templates had given. */
  readonly leftOver?: readonly string[]
  /** Optional secrets that were not found once; their keys stay until a second look. */
  readonly unconfirmed?: readonly string[]
  /**
   * - `due`: the target goes if its secrets are found to be gone once more.
   * - `done`: it has gone with them, now or before, and is made again when they are back.
   */
  readonly cleanup?: 'due' | 'done'
}

/** Failures that only make the value older, not wrong: the target holds what this spec has last had from the secret, untouched. */
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

/** Whether something could not be read: what was held back for it is to be written when it is back, whatever it gives then. */
export function isPartial(outcome: SyncOutcome): boolean {
  return outcome.kind === 'synced' && outcome.failures.length > 0
}

/** An outcome together with what an earlier sync wrote and could not report. */
export function withUnreported(outcome: SyncOutcome, unreported: SyncedOutcome | undefined): SyncOutcome {
  if (!unreported || outcome.kind !== 'synced') return outcome
  // What we deleted is not put back against somebody.
  if (hidesDeletion(outcome, unreported)) return { ...outcome, corrected: false }
  if (outcome.action !== (unreported.action === 'delete' ? 'wait' : 'none')) return outcome
  const { action, adopted, corrected, removed, cleanup } = unreported
  return { ...outcome, action, adopted, corrected, removed, ...(cleanup && { cleanup }) }
}

/** Whether an outcome takes the place of a deletion that could not be reported. */
export function hidesDeletion(outcome: SyncOutcome, unreported: SyncedOutcome | undefined): boolean {
  return unreported?.action === 'delete' && !(outcome.kind === 'synced' && outcome.action === 'wait')
}

/**
 * When to look again though nothing asks for it: at templates that took too long, since they may have met a bad moment, and at
 * a target, or a key, that may have to go. Undefined where it would be in vain.
 */
export function retryMs(outcome: SyncOutcome): number | undefined {
  const isUnconfirmed = outcome.kind === 'synced' && (outcome.cleanup === 'due' || outcome.unconfirmed !== undefined)
  if (isUnconfirmed) return CONFIRM_IN_MS
  const isTemplate = outcome.kind === 'refused' && outcome.error.code === 'TemplateError'
  return isTemplate ? outcome.error.facts.retryAfterMs : undefined
}

/** A sync that did nothing for want of stores, and for nothing else. */
export function lacksStore(outcome: SyncOutcome): boolean {
  return (
    outcome.kind === 'synced' &&
    outcome.action === 'wait' &&
    outcome.failures.every(({ error }) => error.code === 'StoreNotFound')
  )
}

/** Whether a sync was refused for what others may change without a watch of ours that shows it: a target, or rights. */
export function canBeLiftedByOthers(outcome: SyncOutcome): boolean {
  if (outcome.kind !== 'refused') return false
  const { code, facts } = outcome.error
  return TARGET_CODES.has(code) || facts.httpStatus === 403
}
