import { readyCondition, type ResourceState } from './resource-state.ts'
import type { ResourceKey } from '../model/resource.ts'
import type { SourcePool } from '../sources/source-pool.ts'

/** Metrics of one resource. Names neither its secrets nor its target. */
export interface ResourceStats {
  readonly namespace: string
  readonly name: string
  /** Status of the Ready condition; `Unknown` before the first sync. */
  readonly ready: 'True' | 'False' | 'Unknown'
  /** Reason of the Ready condition; `Unknown` if there is none. */
  readonly reason: string
  /** When its Secret was last written, wall-clock milliseconds; undefined if there is none. */
  readonly changedMs: number | undefined
  /** Age of the oldest confirmed value, in milliseconds; undefined if this process has read none. */
  readonly sourceAgeMs: number | undefined
}

/** Yields the metrics of each resource. */
export function* resourceStats(
  states: Iterable<readonly [ResourceKey, ResourceState]>,
  pool: Pick<SourcePool, 'ageMs'>,
): Generator<ResourceStats, void, void> {
  for (const [key, { resource }] of states) {
    const { namespace, name, status } = resource
    const { status: ready = 'Unknown', reason = 'Unknown' } = readyCondition(resource) ?? {}
    const changedMs = Date.parse(status?.target?.lastChangeTime ?? '')
    yield {
      namespace,
      name,
      ready,
      reason,
      changedMs: Number.isNaN(changedMs) ? undefined : changedMs,
      sourceAgeMs: pool.ageMs(key),
    }
  }
}
