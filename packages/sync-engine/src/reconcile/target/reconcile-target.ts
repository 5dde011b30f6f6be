import { isSecretSyncError, type ObservedSecret, SecretSyncError } from '@ack-secret-manager/core'
import { assemble } from '../../assemble/assemble.ts'
import { heldValues } from './held-values.ts'
import { generateKeys } from '../../generate/generate-keys.ts'
import { lossError } from '../../generate/lost-values.ts'
import { timeBounds } from '../../generate/time-bounds.ts'
import { decide } from '../../decide/decide.ts'
import { formerOwnerNames } from '../../ownership/former-owners.ts'
import { sameFound } from '../../ownership/owner-record.ts'
import type { Observation } from '../../decide/observation.ts'
import { ValuesNeededError } from '../guard/values-needed-error.ts'
import type { DesiredSecret, TargetPolicy } from '../../model/desired-secret.ts'
import type { GeneratedKey, GeneratedKeys } from '../../model/generated-key.ts'
import { ownerOf, resourceKey } from '../../model/resource.ts'
import { hasWritten, type RefusedOutcome, type SyncedOutcome, type SyncOutcome } from '../../report/sync-outcome.ts'
import { type ReconcileContext, targetOf } from './reconcile-context.ts'
import {
  refusedBy,
  refusedFor,
  reportOf,
  synced,
  targetOutcome,
  unchangedReport,
  withConfirmedFailures,
} from './target-outcome.ts'
import { isUnacknowledged } from './unacknowledged-write.ts'

/** How often a sync retries a target that keeps changing. */
const MAX_ATTEMPTS = 5

/**
 * `assemble → decide → apply` for one resource.
 * @throws SecretSyncError if a retry can help (`Conflict`, `WriteFailed`, `Unavailable` …); ValuesNeededError if a
 * value that was not read must be written
 */
export async function reconcileTarget(context: ReconcileContext): Promise<SyncOutcome> {
  const outcome = await tryTarget(context)
  if (outcome.kind !== 'refused' || !mayBeForAddition(context)) return outcome
  // Secrets that another user creates must not block the refresh of existing keys.
  const without = await tryTarget(context, outcome.error)
  return without.kind === 'refused' ? outcome : without
}

/** Whether a find adds a secret to a target that exists. */
function mayBeForAddition({ resource, before, plan }: ReconcileContext): boolean {
  return before?.records.has(resource.name) === true && plan.entries.some(({ found }) => found?.claim === 'added')
}

async function tryTarget(
  context: ReconcileContext,
  refuseAdditions?: SecretSyncError,
): Promise<SyncedOutcome | RefusedOutcome> {
  const { resource, spec, plan, before, digester, signal } = context
  const seed = resource.uid === '' ? resourceKey(resource) : resource.uid
  const rendering = context.rendering && { ...context.rendering, seed, signal }
  const target = targetOf(resource, spec)
  const owner = ownerOf(resource)
  try {
    const policy = await policyFor(before, context)
    const generated = await generate(context, policy)
    const record = before?.records.get(owner.name)
    const assembled = await assemble(plan, { ...context, ...generated, target, rendering, record, refuseAdditions })
    const desired = { ...assembled, target, owner, type: plan.type, digestKeyId: digester.keyId }
    const outcome = await applyDecision(desired, policy, context, generated?.current)
    if (outcome.kind === 'refused') return outcome
    const confirmed = withConfirmedFailures(outcome, resource)
    if (generated === undefined) return confirmed
    const { report, renewals } = generated.generated
    if (hasWritten(outcome)) countLost(report, context)
    return { ...confirmed, generated: report, failures: [...confirmed.failures, ...renewals] }
  } catch (error) {
    return refusedFor(error, spec, targetOutcome(target, owner.name, before))
  }
}

function countLost(generated: readonly GeneratedKey[], { lostValues, resource }: ReconcileContext): void {
  for (const { key, wasMissing } of generated) if (wasMissing) lostValues?.add(resource, key)
}

/** The generated keys, and the state of the target that they are based on; undefined without generators. */
async function generate(
  context: ReconcileContext,
  policy: TargetPolicy,
): Promise<{ readonly generated: GeneratedKeys; readonly current: Observation } | undefined> {
  const { generators, resource, spec, plan, clocks, lostValues, writer, signal } = context
  if (generators.length === 0) return undefined
  const { current, targets } = await heldValues(context, policy)
  const [nowMs, ...others] = clocks.map((clock) => clock.now()) as [number, ...number[]]
  const time = timeBounds(nowMs, ...others, writer.serverTimeMs?.())
  const lossOf = (key: string): SecretSyncError | undefined => {
    const waitMs = lostValues?.waitMs(resource, key)
    return waitMs === undefined ? undefined : lossError(targetOf(resource, spec), key, waitMs)
  }
  const { refused, failures, ...generated } = await generateKeys(generators, targets, resource, {
    nowMs,
    time,
    signal,
    lossOf,
  })
  // Templates cannot render without a value.
  const isNeeded = plan.templates !== undefined
  return {
    generated: {
      ...generated,
      failures: isNeeded ? [...failures, ...refused] : failures,
      refused: isNeeded ? [] : refused,
    },
    current: { secret: current, inspected: true },
  }
}

/** @param current state of the target that generated keys are based on; a write on top of another state is a conflict */
async function applyDecision(
  desired: DesiredSecret,
  initialPolicy: TargetPolicy,
  context: ReconcileContext,
  current?: Observation,
): Promise<SyncedOutcome | RefusedOutcome> {
  const { target, owner } = desired
  const { writer, signal } = context
  let policy = initialPolicy
  let observation: Observation = current ?? { secret: context.before, inspected: context.isInspected === true }
  let isOvertaken = current !== undefined && isRewritten(context.before, current.secret, owner.name)
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
      case 'reread':
        throw new ValuesNeededError()
      case 'refuse':
        return refusedBy(action, observation, context, target)
      case 'none':
      case 'wait':
        return synced(desired, observation.secret, unchangedReport(action.kind, desired, observation, context))
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
          // Generated keys depend on the current values of the target, so the whole sync is retried.
          if (error.code !== 'Conflict' || current) throw error
          await observe(context.isInspected === true)
          policy = await policyFor(observation.secret, context)
          // This sync has not compared the record of a target that it did not know with the status.
          if (!context.before && observation.secret?.records.has(owner.name) === true) await observe(true)
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
  if (next && !sameFound(known?.found, next.found)) return true
  return [...(next?.keys ?? [])].some(([key, { secret, versionId, digest }]) => {
    if (drifted.has(key)) return false
    const from = known?.keys.get(key)
    if (from?.secret !== secret || from.versionId !== versionId) return true
    return known?.digestKeyId === next?.digestKeyId && from.digest !== digest
  })
}

function overtaken({ target: { namespace, name } }: DesiredSecret, wasKnown: boolean): SecretSyncError {
  // The other write came from another replica, from a user, or from this process if its response was rejected.
  const why = wasKnown ? 'was changed after it was read' : 'already exists but was not in the cache'
  return new SecretSyncError('Conflict', `Secret ${namespace}/${name} ${why}; re-reading its sources`)
}

/** The policy, with the recorded owners of this target that do not exist. */
async function policyFor(observed: ObservedSecret | undefined, context: ReconcileContext): Promise<TargetPolicy> {
  const policy = policyOf(context)
  const names = observed ? formerOwnerNames(observed, context.resource, policy) : []
  const gone = names.length > 0 ? await context.goneOwners?.(names) : undefined
  return gone ? { ...policy, formerOwners: gone } : policy
}

function policyOf(context: ReconcileContext): TargetPolicy {
  const { resource, spec, plan, restarts, pendingRestart, writer, sourceExistence } = context
  const { name } = targetOf(resource, spec)
  const owned = writer.ownedBy(resource.namespace, resource.name).map(({ target }) => target)
  const held = writer.targetsOf?.(resource.namespace, resource.name) ?? owned
  return {
    creation: spec.target.creationPolicy,
    deletion: spec.target.deletionPolicy,
    // Rendered keys cannot be carried over one by one.
    onKeyFailure: plan.templates === undefined ? spec.onKeyFailure : 'Block',
    // Adoption counts once: a resource with a target adopts no second one under another, possibly misspelt, name.
    adopt: resource.adopt && !held.some((target) => target.name !== name),
    immutable: spec.target.immutable,
    restarts: restarts && spec.restart.length > 0,
    ...(pendingRestart?.target.name === name ? { restartDue: pendingRestart.change } : {}),
    ...(sourceExistence?.kind === 'deleted' ? { cleanUpUid: sourceExistence.uid } : {}),
  }
}
