import {
  type ContentDigester,
  type CreateAction,
  type ObservedSecret,
  type OwnerRecord,
  type ReleaseAction,
  type ReplaceAction,
  SecretSyncError,
  type SecretWriter,
  isSecretSyncError,
  type TargetRef,
  retryOf,
} from '@ack-secret-manager/core'
import type { ExternalSecretSpec } from '@ack-secret-manager/resources'
import { assemble } from '../assemble/assemble.ts'
import type { SourceExistence } from '../decide/cleanup.ts'
import { leftOverKeys } from '../decide/content-diff.ts'
import { decide, type WriteAction } from '../decide/decide.ts'
import type { Observation } from '../decide/observation.ts'
import type { DesiredSecret, EntryFailure, TargetPolicy } from '../model/desired-secret.ts'
import { isRendered } from '../model/template-provenance.ts'
import type { Pause } from '../queue/turn-pacer.ts'
import type { RenderContext } from '../assemble/render-templates.ts'
import { ownerOf, resourceKey, type SyncResource } from '../model/resource.ts'
import type { SourceKey, SourceReading } from '../model/source-reading.ts'
import type { RefusedOutcome, SyncedOutcome, SyncOutcome, TargetOutcome } from '../report/sync-outcome.ts'
import type { SyncPlan } from '../plan/sync-plan.ts'
import type { Refusal } from '../decide/refusals.ts'
import { isApplied, isUnacknowledged, type UnacknowledgedWrite, type WriteReport } from './unacknowledged-write.ts'

/** How often a sync retries a target that keeps changing. */
const MAX_ATTEMPTS = 5

const NOTHING_DONE = { adopted: false, corrected: false, removed: [] } as const

/** The input of one sync of one resource. */
export interface ReconcileContext {
  readonly resource: SyncResource
  readonly spec: ExternalSecretSpec
  readonly plan: SyncPlan
  readonly readings: ReadonlyMap<SourceKey, SourceReading>
  /** The renderer and the data of template objects. */
  readonly rendering: Pick<RenderContext, 'renderer' | 'contents'> | undefined
  readonly writer: SecretWriter
  readonly digester: ContentDigester
  readonly signal: AbortSignal
  /** Yields to other work during long computations. @default the next event loop turn */
  readonly pause?: Pause
  /** The target before the reads. A write of another replica since then is newer than the readings. */
  readonly before: ObservedSecret | undefined
  /** The target existed before and no longer does. */
  readonly missing: boolean
  /** A restarter is configured. */
  readonly restarts: boolean
  /** A NotFound of an optional secret must be confirmed by a second one. */
  readonly confirmAbsence?: boolean
  /** A write of an earlier sync without a response. */
  readonly unacknowledged?: UnacknowledgedWrite | undefined
  /** Called for a write of this sync without a response. */
  readonly onUnacknowledged?: (write: UnacknowledgedWrite) => void
  /** Whether its secrets exist; undefined if targets outlive their secrets. */
  readonly sourceExistence?: SourceExistence
}

/** The target of a resource. */
export function targetOf(resource: SyncResource, spec: ExternalSecretSpec): TargetRef {
  return { namespace: resource.namespace, name: spec.target.name ?? resource.name }
}

/**
 * `assemble → decide → apply` for one resource.
 * @throws SecretSyncError if a retry can help (`Conflict`, `WriteFailed`, `Unavailable` …)
 */
export async function reconcileTarget(context: ReconcileContext): Promise<SyncOutcome> {
  const { resource, spec, plan, before, digester, signal } = context
  const seed = resource.uid === '' ? resourceKey(resource) : resource.uid
  const rendering = context.rendering && { ...context.rendering, seed, signal }
  const target = targetOf(resource, spec)
  const owner = ownerOf(resource)
  const policy = policyOf(context)
  try {
    const held = context.confirmAbsence ? before?.records.get(owner.name)?.keys : undefined
    const assembled = await assemble(plan, { ...context, target, rendering, held })
    const desired = { ...assembled, target, owner, type: plan.type, digestKeyId: digester.keyId }
    const outcome = await applyDecision(desired, policy, context)
    if (outcome.kind === 'refused') return outcome
    const failures = outcome.failures
      .filter(({ isUnconfirmed }) => isUnconfirmed !== true)
      .map((failure) => ({ ...failure, isFirst: !wasRead(failure, resource) }))
    const unconfirmed = outcome.failures.flatMap(({ isUnconfirmed, secret }) => (isUnconfirmed === true ? secret : []))
    return { ...outcome, failures, ...(unconfirmed.length > 0 && { unconfirmed }) }
  } catch (error) {
    return refusal(error, context, target, before)
  }
}

/** Whether the target has a value of this secret for the current spec, according to the status. */
function wasRead({ secret }: EntryFailure, { status, generation }: SyncResource): boolean {
  const failed = status?.dataSyncResults?.some(
    (result) => result.status === 'Failed' && result.ExternalSecretKey === secret,
  )
  return status?.observedGeneration === generation && failed === false
}

async function applyDecision(
  desired: DesiredSecret,
  policy: TargetPolicy,
  context: ReconcileContext,
): Promise<SyncedOutcome | RefusedOutcome> {
  const { target, owner } = desired
  const { writer, signal } = context
  let observation: Observation = { secret: context.before, inspected: false }
  let isOvertaken = false
  const observe = async (inspected: boolean): Promise<void> => {
    const secret = await (inspected
      ? writer.inspect(target, { signal })
      : writer.observe(target, { signal, fresh: true }))
    isOvertaken ||= isRewritten(observation.secret, secret, owner.name)
    observation = { secret, inspected }
  }
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const action = decide(desired, observation, policy)
    switch (action.kind) {
      case 'inspect':
        await observe(true)
        continue
      case 'refuse':
        return refusedBy(action, observation, context, target)
      case 'none':
      case 'wait': {
        const { unacknowledged } = context
        const report: WriteReport =
          unacknowledged && isApplied(unacknowledged, desired, observation.secret)
            ? unacknowledged.report
            : { action: action.kind, ...NOTHING_DONE, ...cleanupOf(context, observation) }
        return synced(desired, observation.secret, report)
      }
      case 'create':
      case 'patch':
      case 'replace':
      case 'release': {
        // The readings of this sync may be older than those of the other replica.
        if (isOvertaken) throw overtaken(desired, context.before !== undefined)
        const report = reportOf(action, observation.secret?.records.get(owner.name), context)
        try {
          return synced(desired, await writer.apply(action, { signal }), report)
        } catch (error) {
          if (!isSecretSyncError(error)) throw error
          const record = action.kind === 'release' ? undefined : action.record
          if (isUnacknowledged(error))
            context.onUnacknowledged?.({ ownerUid: owner.uid, targetName: target.name, record, report })
          if (error.code !== 'Conflict') throw error
          await observe(false)
        }
      }
    }
  }
  throw new SecretSyncError(
    'Conflict',
    `Secret ${target.namespace}/${target.name} kept changing while ${owner.kind} ${owner.name} wrote it; retrying later`,
  )
}

/** Whether another replica has written other content for the same owner. */
function isRewritten(before: ObservedSecret | undefined, now: ObservedSecret | undefined, ownerName: string): boolean {
  const known = before?.records.get(ownerName)
  const next = now?.records.get(ownerName)
  // The digest of a drifted key depends on whether the content was inspected.
  const drifted = new Set([...(before?.drifted ?? []), ...(now?.drifted ?? [])])
  return [...(next?.keys ?? [])].some(([key, { secret, versionId, digest }]) => {
    if (drifted.has(key)) return false
    const from = known?.keys.get(key)
    if (from?.secret !== secret || from.versionId !== versionId) return true
    return known?.digestKeyId === next?.digestKeyId && from.digest !== digest
  })
}

function overtaken({ target: { namespace, name } }: DesiredSecret, wasKnown: boolean): SecretSyncError {
  const why = wasKnown ? 'was updated by another replica' : 'already exists but was not in the cache'
  return new SecretSyncError('Conflict', `Secret ${namespace}/${name} ${why}; re-reading its sources`)
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

function policyOf({ resource, spec, plan, restarts, writer, sourceExistence }: ReconcileContext): TargetPolicy {
  const { name } = targetOf(resource, spec)
  const held = writer.ownedBy(resource.namespace, resource.name)
  return {
    creation: spec.target.creationPolicy,
    deletion: spec.target.deletionPolicy,
    // Rendered keys cannot be carried over one by one.
    onKeyFailure: plan.templates === undefined ? spec.onKeyFailure : 'Block',
    // Adoption counts once: a resource with a target adopts no second one under another, possibly misspelt, name.
    adopt: resource.adopt && !held.some(({ target }) => target.name !== name),
    immutable: spec.target.immutable,
    restarts: restarts && spec.restart.length > 0,
    ...(sourceExistence?.kind === 'deleted' ? { cleanUpUid: sourceExistence.uid } : {}),
  }
}

/** The report of a write, once it succeeds. */
function reportOf(
  action: CreateAction | ReplaceAction | ReleaseAction | Extract<WriteAction, { readonly kind: 'patch' }>,
  record: OwnerRecord | undefined,
  { missing, unacknowledged }: ReconcileContext,
): WriteReport {
  if (action.kind === 'release') return { action: 'delete', ...NOTHING_DONE, cleanup: 'done' }
  const removed = removedBy(action, record)
  if (action.kind === 'patch')
    return { action: 'patch', adopted: action.adopts, corrected: action.repairsDrift, removed }
  // A target that the operator deleted itself was not removed by another user.
  const corrected = missing && action.kind === 'create' && unacknowledged?.report.action !== 'delete'
  return { action: action.kind, adopted: false, corrected, removed }
}

function synced(desired: DesiredSecret, observed: ObservedSecret | undefined, report: WriteReport): SyncedOutcome {
  const { sources, failures, target, owner } = desired
  const leftOver = leftOverKeys(desired, observed?.records.get(owner.name)?.keys ?? new Map())
  return {
    kind: 'synced',
    ...report,
    sources,
    failures,
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

function targetOutcome(target: TargetRef, ownerName: string, observed: ObservedSecret | undefined): TargetOutcome {
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

/** The outcome of a permanent error. Rethrows if a retry can help. */
function refusal(
  error: unknown,
  { resource, spec }: ReconcileContext,
  target: TargetRef,
  observed: ObservedSecret | undefined,
): SyncOutcome {
  if (!isSecretSyncError(error) || retryOf(error.code) === 'transient') throw error
  const secrets = secretsOf(spec)
  return { kind: 'refused', error, secrets, target: targetOutcome(target, resource.name, observed) }
}

function refusedBy(
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

/** Names of the secrets in a spec. */
export function secretsOf({ data, dataProcess }: ExternalSecretSpec): readonly string[] {
  return [...new Set([...data.map(({ key }) => key), ...dataProcess.map(({ extract }) => extract.key)])]
}
