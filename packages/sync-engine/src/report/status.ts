import { defined, timeText } from '@ack-secret-manager/core'
import {
  type Condition,
  type DataSyncResult,
  type ExternalSecretStatus,
  type GeneratedStatus,
  LIMITS,
  readyOf,
  type SourceStatus,
} from '@ack-secret-manager/resources'
import { isDeepStrictEqual } from 'node:util'
import type { UsedSource } from '../model/desired-secret.ts'
import { type Readiness, readinessOf, reasonOfFailure } from './ready-condition.ts'
import { hasWritten, type SyncOutcome } from './sync-outcome.ts'

/**
 * The new status, or undefined if it equals the old one. `isKnown` is false if the API server may have another status than
 * `old`. `nowMs` is wall-clock time. `handledRefresh` is the refresh request that this outcome handles.
 */
export function statusFor(
  outcome: SyncOutcome,
  generation: number,
  old: ExternalSecretStatus | undefined,
  nowMs: number,
  isKnown = true,
  handledRefresh: string | undefined = old?.lastHandledRefresh,
): ExternalSecretStatus | undefined {
  const now = timeText(nowMs)
  const readiness = readinessOf(outcome)
  const target = targetOf(outcome, old, now)
  const status: ExternalSecretStatus = {
    observedGeneration: generation,
    conditions: [readyCondition(readiness, generation, old, now)],
    dataSyncResults: dataSyncResults(outcome, readiness, old, now),
    secrets: secretsOf(outcome, old),
    ...defined({ found: outcome.kind === 'synced' ? outcome.found : old?.found }),
    ...defined({ generated: generatedOf(outcome, old) }),
    ...(target ? { target } : {}),
    ...defined({ lastHandledRefresh: handledRefresh }),
  }
  return isKnown && isSameStatus(status, old) ? undefined : status
}

/** Whether two statuses are equal, ignoring transition times. */
export function isSameStatus(one: ExternalSecretStatus | undefined, other: ExternalSecretStatus | undefined): boolean {
  return isDeepStrictEqual(comparable(one), comparable(other))
}

function readyCondition(
  { ready, reason, message }: Readiness,
  generation: number,
  old: ExternalSecretStatus | undefined,
  now: string,
): Condition {
  const status = ready ? 'True' : 'False'
  const before = readyOf(old)
  const lastTransitionTime = (before?.status === status ? before.lastTransitionTime : undefined) ?? now
  return { type: 'Ready', status, reason, message, lastTransitionTime, observedGeneration: generation }
}

/**
 * The format of the Go operator, which scripts parse: one entry without a key on success, otherwise one per failed KMS key.
 * Empty members are left out.
 */
function dataSyncResults(
  outcome: SyncOutcome,
  readiness: Readiness,
  old: ExternalSecretStatus | undefined,
  now: string,
): readonly DataSyncResult[] {
  if (outcome.kind === 'suspended') return old?.dataSyncResults ?? []
  const before = new Map((old?.dataSyncResults ?? []).map((result) => [result.ExternalSecretKey ?? '', result]))
  const timed = (result: Omit<DataSyncResult, 'synchronizationTime'>): DataSyncResult => {
    const was = before.get(result.ExternalSecretKey ?? '')
    const same =
      was?.status === result.status &&
      (was?.reason ?? '') === (result.reason ?? '') &&
      !(hasWritten(outcome) && readiness.ready)
    return { ...result, synchronizationTime: (same ? was?.synchronizationTime : undefined) ?? now }
  }
  if (readiness.ready) return [timed({ status: 'Succeeded' })]
  if (outcome.kind === 'refused') {
    const failed = { status: 'Failed', reason: readiness.message }
    if (outcome.secrets.length === 0) return [timed(failed)]
    return outcome.secrets.map((key) => timed({ ExternalSecretKey: key, ...failed }))
  }
  const failed = new Map(readiness.failures.map((failure) => [failure.secret, failure]))
  return [...failed.values()].slice(0, LIMITS.statusEntries).map((failure) =>
    timed({
      ExternalSecretKey: failure.secret,
      status: 'Failed',
      reason: `${reasonOfFailure(failure, outcome)}: ${failure.error.message}`.slice(0, 1024),
    }),
  )
}

/** The source of each value. A failed source keeps its last entry. */
function secretsOf(outcome: SyncOutcome, old: ExternalSecretStatus | undefined): readonly SourceStatus[] {
  if (outcome.kind !== 'synced') return old?.secrets ?? []
  const failed = new Set([...outcome.failures.map(({ secret }) => secret), ...(outcome.unconfirmed ?? [])])
  const current = outcome.sources.map(sourceStatus)
  const isCurrent = (was: SourceStatus): boolean =>
    current.some(({ key, versionStage }) => key === was.key && versionStage === was.versionStage)
  const kept = (old?.secrets ?? []).filter((was) => failed.has(was.key) && !isCurrent(was))
  return [...current, ...kept].slice(0, LIMITS.statusEntries)
}

function sourceStatus({ secret, versionStage, versionId, type, rotation }: UsedSource): SourceStatus {
  const next = rotation?.nextMs === undefined ? {} : { nextTime: timeText(rotation.nextMs) }
  return {
    key: secret,
    versionStage,
    versionId,
    type,
    ...(rotation ? { rotation: { automatic: rotation.automatic, ...next } } : {}),
  }
}

/** The generated keys that the target has. One that was not written keeps its entry. */
function generatedOf(
  outcome: SyncOutcome,
  old: ExternalSecretStatus | undefined,
): readonly GeneratedStatus[] | undefined {
  if (outcome.kind !== 'synced') return old?.generated
  const { generated, failures, target } = outcome
  if (generated === undefined) return undefined
  const before = new Map((old?.generated ?? []).map((entry) => [entry.name, entry]))
  const failed = failures.flatMap(({ keys = [] }) => keys)
  const current = generated.map(({ key, generatedMs, expiresMs, dueMs, how }): GeneratedStatus | undefined => {
    if (how !== 'kept' && !hasWritten(outcome)) return before.get(key)
    const renewalTime = dueMs === undefined ? undefined : timeText(dueMs)
    const expiryTime = expiresMs === undefined ? undefined : timeText(expiresMs)
    return { name: key, generatedTime: timeText(generatedMs), ...defined({ expiryTime, renewalTime }) }
  })
  return [...current, ...failed.map((key) => before.get(key))].filter(
    (entry) => entry !== undefined && target.keys.has(entry.name),
  ) as readonly GeneratedStatus[]
}

function targetOf(
  outcome: SyncOutcome,
  old: ExternalSecretStatus | undefined,
  now: string,
): NonNullable<ExternalSecretStatus['target']> | undefined {
  if (outcome.kind === 'suspended') return old?.target
  const { target } = outcome
  if (!target) return old?.target
  if (target.uid === undefined) return undefined
  const lastChangeTime = hasWritten(outcome) ? now : knownChangeTime(target.uid, old)
  return {
    name: target.name,
    uid: target.uid,
    keyCount: target.keys.size,
    ...defined({ lastChangeTime }),
  }
}

/** When the Secret with this uid was last written, from the old status. */
function knownChangeTime(uid: string, old: ExternalSecretStatus | undefined): string | undefined {
  return old?.target?.uid === uid ? old.target.lastChangeTime : undefined
}

/** A status without transition times, so that a repeated sync is no change. */
function comparable(status: ExternalSecretStatus | undefined): unknown {
  if (!status) return undefined
  // Through JSON, as the API server stores it: without undefined members.
  return JSON.parse(
    JSON.stringify({
      ...status,
      conditions: status.conditions?.map(({ lastTransitionTime: _time, ...condition }) => condition),
    }),
  )
}
