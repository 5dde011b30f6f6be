import type { SecretSyncError } from '@ack-secret-manager/core'
import type { Condition, ExternalSecretStatus } from '@ack-secret-manager/resources'
import type { EngineStats } from '../sync-engine-options.ts'
import type { SyncResource } from '../model/resource.ts'
import type { PendingRefresh } from './pending-refresh.ts'
import type { SyncEvent } from '../report/event.ts'
import type { SyncedOutcome, SyncOutcome } from '../report/sync-outcome.ts'

/** The outcome of a sync that has no status and event yet. */
export interface PendingReport {
  /** The resource as it was synced. */
  readonly resource: SyncResource
  readonly outcome: SyncOutcome
  /** The refresh request that the sync has handled. */
  readonly handledRefresh: string | undefined
  /** Duration of the sync. */
  readonly durationMs: number
  /** Since when the resource waits for a report; monotonic milliseconds. */
  readonly sinceMs: number
  /** Many other reports are waiting. */
  readonly isOneOfMany: boolean
}

/** The state of a resource between its syncs. */
export interface ResourceState {
  resource: SyncResource
  /** The last sync succeeded for every source. A short outage then needs no sync. */
  isHealthy: boolean
  /** Failed syncs in a row. */
  failures: number
  /** Start of the running sync, or of the first failed one in a row; monotonic milliseconds. Excludes the report. */
  unsyncedSinceMs: number | undefined
  /** A write that is not reported yet. */
  unreported: SyncedOutcome | undefined
  /** The report that is due. A newer outcome replaces it. */
  report: PendingReport | undefined
  /** The error of the last sync, if its report is due. */
  failure: SecretSyncError | undefined
  /** A status that was sent without a response, with the uid of its resource. Its event is sent once the status is confirmed. */
  sent:
    | { readonly uid: string; readonly status: ExternalSecretStatus; readonly event: SyncEvent | undefined }
    | undefined
  /** The grace period for a missing store is over. */
  waitedForStore: boolean
  /** When the oldest unwritten change was detected; monotonic milliseconds. */
  changedMs: number | undefined
  /** A refresh request that is not handled yet. */
  refresh: PendingRefresh | undefined
  /** When the last sync that template objects triggered was due; monotonic milliseconds. */
  templatesDueMs: number
}

export function newState(resource: SyncResource): ResourceState {
  return {
    resource,
    isHealthy: false,
    failures: 0,
    unsyncedSinceMs: undefined,
    unreported: undefined,
    report: undefined,
    failure: undefined,
    sent: undefined,
    waitedForStore: false,
    changedMs: undefined,
    refresh: undefined,
    templatesDueMs: -Infinity,
  }
}

/** Forgets pending work of a resource. */
export function clearWork(state: ResourceState): void {
  state.failures = 0
  state.unsyncedSinceMs = undefined
  state.changedMs = undefined
  state.report = undefined
  state.failure = undefined
}

/** Counts resources by Ready status and finds the oldest unwritten change. */
export function summarize(
  states: Iterable<ResourceState>,
  nowMs: number,
): Pick<EngineStats, 'ready' | 'maxUnwrittenMs'> {
  const ready = { True: 0, False: 0, Suspended: 0, Unknown: 0 }
  let sinceMs = nowMs
  for (const { resource, changedMs, unsyncedSinceMs } of states) {
    ready[readyLabelOf(resource)] += 1
    sinceMs = Math.min(sinceMs, changedMs ?? nowMs, unsyncedSinceMs ?? nowMs)
  }
  return { ready, maxUnwrittenMs: nowMs - sinceMs }
}

/** The Ready condition as last written. */
export function readyCondition(resource: SyncResource): Condition | undefined {
  return resource.status?.conditions.find(({ type }) => type === 'Ready')
}

/** The metric label of a resource. A suspended one has its own, because it is not a failure. */
export function readyLabelOf(resource: SyncResource): 'True' | 'False' | 'Suspended' | 'Unknown' {
  return readyCondition(resource)?.reason === 'Suspended' ? 'Suspended' : readyOf(resource)
}

/** Status of the Ready condition as last written. */
export function readyOf(resource: SyncResource): 'True' | 'False' | 'Unknown' {
  return readyCondition(resource)?.status ?? 'Unknown'
}
