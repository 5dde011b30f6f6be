import type { Clock } from '@ack-secret-manager/core'
import type { ResourceKey } from '../model/resource.ts'
import type { WorkQueue } from '../queue/work-queue.ts'
import { NO_RESTARTS, type RestartScheduler } from '../restart/restart-scheduler.ts'
import type { SourcePool } from '../sources/source-pool.ts'
import type { SweepPool } from '../sweeps/sweep-pool.ts'
import type { EngineStats } from '../sync-engine-options.ts'
import type { FailedCleanups } from './release/failed-cleanups.ts'
import { type ResourceState, summarize } from './resource-state.ts'

export interface EngineStatsParts {
  readonly states: ReadonlyMap<ResourceKey, ResourceState>
  readonly clock: Clock
  readonly cleanups: Pick<FailedCleanups, 'size'>
  readonly pool: Pick<SourcePool, 'stats'>
  readonly sweeps: Pick<SweepPool, 'stats'>
  readonly queue: Pick<WorkQueue, 'stats'>
  readonly restarts: RestartScheduler | undefined
}

/** Iterates over all resources. */
export function engineStats({ states, clock, cleanups, pool, sweeps, queue, restarts }: EngineStatsParts): EngineStats {
  return {
    resources: states.size,
    ...summarize(states.values(), clock.monotonic()),
    failedCleanups: cleanups.size,
    restartsWaiting: restarts?.waiting() ?? NO_RESTARTS,
    sources: pool.stats(),
    sweeps: sweeps.stats(),
    queue: queue.stats(),
  }
}
