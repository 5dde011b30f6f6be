import type { Condition, ExternalSecretStatus } from '@ack-secret-manager/resources'
import type { EngineStats } from '../sync-engine-options.ts'
import type { SyncResource } from '../model/resource.ts'
import type { SyncEvent } from '../report/event.ts'
import type { SyncedOutcome } from '../report/sync-outcome.ts'

/** What the engine keeps of a resource between its syncs. */
export interface ResourceState {
  resource: SyncResource
  /** Its last sync found it ready with all that it reads, and nothing has asked for another since: a young outage is no news to it. */
  isHealthy: boolean
  /** Syncs that have thrown since the last one that did not. */
  failures: number
  /** When the sync under way began, or the first of those that have failed; monotonic milliseconds. Telling of one is no part of it. */
  unsyncedSinceMs: number | undefined
  /** What was written and not yet reported. */
  unreported: SyncedOutcome | undefined
  /** A status of the resource with that uid that was sent, and may have arrived or not; told with its event when it has. */
  sent:
    | { readonly uid: string; readonly status: ExternalSecretStatus; readonly event: SyncEvent | undefined }
    | undefined
  /** Its store was missing at first, and has been waited for. */
  waitedForStore: boolean
  /** When a changed value was noticed that is not written yet; monotonic milliseconds. */
  changedMs: number | undefined
  /** When its last sync for the sake of templates was due; monotonic milliseconds. */
  templatesDueMs: number
}

/** The entry of a resource that nobody has looked at. */
export function newState(resource: SyncResource): ResourceState {
  return {
    resource,
    isHealthy: false,
    failures: 0,
    unsyncedSinceMs: undefined,
    unreported: undefined,
    sent: undefined,
    waitedForStore: false,
    changedMs: undefined,
    templatesDueMs: -Infinity,
  }
}

/** Nothing is under work for the resource any more, and nothing waits for a write. */
export function clearWork(state: ResourceState): void {
  state.failures = 0
  state.unsyncedSinceMs = undefined
  state.changedMs = undefined
}

/** Counts entries by how they are, and looks for the change that has been waiting longest for its write. */
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

/** How a resource is counted: one that somebody has suspended is not Ready, and nothing is wrong with it. */
export function readyLabelOf(resource: SyncResource): 'True' | 'False' | 'Suspended' | 'Unknown' {
  return readyCondition(resource)?.reason === 'Suspended' ? 'Suspended' : readyOf(resource)
}

/** Status of the Ready condition as last written. */
export function readyOf(resource: SyncResource): 'True' | 'False' | 'Unknown' {
  return readyCondition(resource)?.status ?? 'Unknown'
}
