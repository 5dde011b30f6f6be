import {
  type CreateAction,
  isRendered,
  isSecretSyncError,
  type ObservedSecret,
  type OwnerRecord,
  type ReleaseAction,
  type ReplaceAction,
  retryOf,
  type TargetRef,
} from '@ack-secret-manager/core'
import type { ExternalSecretSpec } from '@ack-secret-manager/resources'
import { leftOverKeys } from '../../decide/content-diff.ts'
import type { WriteAction } from '../../decide/decide.ts'
import type { Observation } from '../../decide/observation.ts'
import type { Refusal } from '../../decide/refusals.ts'
import type { DesiredSecret, EntryFailure } from '../../model/desired-secret.ts'
import { secretsOf, type SyncResource } from '../../model/resource.ts'
import type { RefusedOutcome, SyncedOutcome, TargetOutcome } from '../../report/sync-outcome.ts'
import type { ReconcileContext } from './reconcile-context.ts'
import { isApplied, type WriteReport } from './unacknowledged-write.ts'

const NOTHING_DONE = { adopted: false, corrected: false, removed: [] } as const

/** The report of a sync that writes nothing: that of an earlier write without a response if the target shows it. */
export function unchangedReport(
  action: 'none' | 'wait',
  desired: DesiredSecret,
  observation: Observation,
  context: ReconcileContext,
): WriteReport {
  const { unacknowledged } = context
  if (unacknowledged && isApplied(unacknowledged, desired, observation.secret)) return unacknowledged.report
  return { action, ...NOTHING_DONE, ...cleanupOf(context, observation) }
}

/** The report of a write, once it succeeds. */
export function reportOf(
  action: CreateAction | ReplaceAction | ReleaseAction | Extract<WriteAction, { readonly kind: 'patch' }>,
  record: OwnerRecord | undefined,
  { missing, unacknowledged }: ReconcileContext,
): WriteReport {
  if (action.kind === 'release') return { action: 'delete', ...NOTHING_DONE, cleanup: 'done' }
  const removed = removedBy(action, record)
  if (action.kind === 'patch') {
    const { adopts: adopted, repairsDrift: corrected, unrecorded } = action
    return { action: 'patch', adopted, corrected, removed, ...(unrecorded && { unrecorded }) }
  }
  // A target that the operator deleted itself was not removed by another user.
  const corrected = missing && action.kind === 'create' && unacknowledged?.report.action !== 'delete'
  return { action: action.kind, adopted: false, corrected, removed }
}

export function synced(
  desired: DesiredSecret,
  observed: ObservedSecret | undefined,
  report: WriteReport,
): SyncedOutcome {
  const { sources, failures, refused = [], found, target, owner } = desired
  const leftOver = leftOverKeys(desired, observed?.records.get(owner.name)?.keys ?? new Map())
  return {
    kind: 'synced',
    ...report,
    sources,
    failures,
    ...(refused.length > 0 && { refused }),
    ...(found && { found: [...found.values()].reduce((sum, names) => sum + names.length, 0) }),
    target: targetOutcome(target, owner.name, observed),
    ...(leftOver.length > 0 && { leftOver }),
  }
}

/** Keys that `action` removes. Rendered keys are left out, because their names may contain a value. */
function removedBy(action: WriteAction, record: OwnerRecord | undefined): readonly string[] {
  const before = [...(record?.keys ?? [])].filter(([, { secret }]) => !isRendered(secret)).map(([key]) => key)
  if (action.kind === 'patch') return before.filter((key) => action.remove.includes(key))
  return action.kind === 'replace' ? before.filter((key) => !action.record.keys.has(key)) : []
}

export function targetOutcome(
  target: TargetRef,
  ownerName: string,
  observed: ObservedSecret | undefined,
): TargetOutcome {
  const record = observed?.records.get(ownerName)
  const keys = new Map([...(record?.keys ?? [])].map(([key, { secret }]) => [key, secret]))
  return {
    name: target.name,
    uid: record && observed?.uid,
    keys,
    drifted: observed?.drifted ?? [],
    restartDue: record?.restartDue,
  }
}

/** Separates failures that a second read must confirm, and marks those of secrets that the target never had. */
export function withConfirmedFailures(outcome: SyncedOutcome, resource: SyncResource): SyncedOutcome {
  const failures = outcome.failures
    .filter(({ isUnconfirmed }) => isUnconfirmed !== true)
    .map((failure) => ({ ...failure, isFirst: !wasRead(failure, resource) }))
  const unconfirmed = outcome.failures.flatMap(({ isUnconfirmed, secret }) => (isUnconfirmed === true ? secret : []))
  return { ...outcome, failures, ...(unconfirmed.length > 0 && { unconfirmed }) }
}

/** The outcome of a permanent error. Rethrows if a retry can help. */
export function refusedFor(error: unknown, spec: ExternalSecretSpec, target?: TargetOutcome): RefusedOutcome {
  if (!isSecretSyncError(error) || retryOf(error.code) === 'transient') throw error
  return { kind: 'refused', error, secrets: secretsOf(spec), target }
}

export function refusedBy(
  { error, isForTarget }: Refusal,
  { secret, inspected }: Observation,
  { resource, spec, before }: ReconcileContext,
  target: TargetRef,
): RefusedOutcome {
  const refusedTarget = isForTarget && secret ? { secret, inspected } : undefined
  return {
    kind: 'refused',
    error,
    secrets: secretsOf(spec),
    target: targetOutcome(target, resource.name, before),
    refusedTarget,
  }
}

/** The cleanup state of a target whose secrets are missing. */
function cleanupOf(
  { sourceExistence, resource, spec: { target } }: ReconcileContext,
  { secret }: Observation,
): Pick<SyncedOutcome, 'cleanup'> {
  if (sourceExistence === undefined || sourceExistence.kind === 'present') return {}
  if (secret) return sourceExistence.kind === 'unconfirmed' ? { cleanup: 'due' } : {}
  const hadValues = (resource.status?.secrets ?? []).length > 0
  return hadValues && target.creationPolicy !== 'Merge' && target.deletionPolicy === 'Delete' ? { cleanup: 'done' } : {}
}

/** Whether the target has a value of this secret for the current spec, according to the status. */
function wasRead({ secret }: EntryFailure, { status, generation }: SyncResource): boolean {
  const failed = status?.dataSyncResults?.some(
    (result) => result.status === 'Failed' && result.ExternalSecretKey === secret,
  )
  return status?.observedGeneration === generation && failed === false
}
