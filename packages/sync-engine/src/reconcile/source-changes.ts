import { type Clock, isOutage } from '@ack-secret-manager/core'
import type { ResourceKey } from '../model/resource.ts'
import type { SourceChange, SourceKey } from '../model/source-reading.ts'
import { PRIORITY } from '../queue/priority.ts'
import type { WorkQueue } from '../queue/work-queue.ts'
import type { SourcePool } from '../sources/source-pool.ts'
import type { ResourceState } from './resource-state.ts'

export interface SourceChangesOptions {
  readonly states: ReadonlyMap<ResourceKey, ResourceState>
  readonly pool: Pick<SourcePool, 'peek'>
  readonly queue: Pick<WorkQueue, 'add'>
  readonly clock: Pick<Clock, 'monotonic'>
}

/** Requeues the resources that use a changed source. */
export function requeueSubscribers(
  subscribers: readonly ResourceKey[],
  change: SourceChange,
  read: SourceKey,
  { states, pool, queue, clock }: SourceChangesOptions,
): void {
  const error = pool.peek(read)?.error
  // A short outage does not affect a healthy resource, and a sync would only cost reads of its other sources.
  const isShortOutage = change === 'recovered' || (change === 'failed' && error !== undefined && isOutage(error.code))
  const now = clock.monotonic()
  for (const key of subscribers) {
    const state = states.get(key)
    if (!state || (isShortOutage && state.isHealthy)) continue
    if (change === 'value') state.changedMs ??= now
    queue.add(key, change === 'value' ? PRIORITY.changed : PRIORITY.routine)
  }
}
