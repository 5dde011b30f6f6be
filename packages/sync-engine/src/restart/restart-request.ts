import { parseDuration, type RestartResult, type WorkloadRef } from '@ack-secret-manager/core'
import type { RestartWindow } from '@ack-secret-manager/resources'
import { isSameRequest, type SyncResource } from '../model/resource.ts'
import type { SyncOutcome } from '../report/sync-outcome.ts'
import type { RestartCause } from './clear-restart.ts'

/** A workload of `spec.restart`, and when it may be restarted. */
export interface RestartTarget extends WorkloadRef {
  /** Least time since its last restart; 0: none. */
  readonly minIntervalMs: number
  /** Undefined: at any time. */
  readonly window: RestartWindow | undefined
}

/** The workloads that a resource restarts, and the cause. */
export interface RestartRequest extends RestartCause {
  readonly resource: SyncResource
  readonly workloads: readonly RestartTarget[]
}

/** The restart that an outcome leaves pending. */
export function restartsOf(resource: SyncResource, outcome: SyncOutcome): RestartRequest | undefined {
  const { namespace, name: ownerName, spec } = resource
  const { name, restartDue: change } = (outcome.kind === 'suspended' ? undefined : outcome.target) ?? {}
  if (name === undefined || change === undefined || !spec.ok) return undefined
  const workloads = spec.value.restart.map(({ kind, name: workload, minInterval, window }) => {
    const minIntervalMs = minInterval === undefined ? 0 : (parseDuration(minInterval) ?? 0)
    return { namespace, kind, name: workload, minIntervalMs, window }
  })
  return { resource, target: { namespace, name }, ownerName, change, workloads }
}

/** Whether a request repeats another one. */
export function isSameRestart(pending: RestartRequest, request: RestartRequest): boolean {
  return (
    isSameRequest(pending.resource, request.resource) &&
    pending.change === request.change &&
    pending.target.name === request.target.name &&
    JSON.stringify(pending.workloads) === JSON.stringify(request.workloads)
  )
}

/** A restart found done after an attempt without a response was made by that attempt. */
export function attributeLateResult(
  result: RestartResult | undefined,
  changes: ReadonlyMap<string, string>,
  unacknowledged: ReadonlyMap<string, string>,
): RestartResult | undefined {
  const isOurs = [...changes].every(([ownerName, change]) => unacknowledged.get(ownerName) === change)
  return result?.kind === 'done' && isOurs ? { kind: 'restarted', note: undefined } : result
}

export function workloadName({ namespace, kind, name }: WorkloadRef): string {
  return `${kind} ${namespace}/${name}`
}
