import { readyCondition, type ResourceState } from './resource-state.ts'
import type { ResourceKey } from '../model/resource.ts'
import type { SourcePool } from '../sources/source-pool.ts'

/** How one resource is doing, in figures. Names neither its secrets nor its target. */
export interface ResourceStats {
  readonly namespace: string
  readonly name: string
  /** Status of the Ready condition; `Unknown` for a resource that nobody has looked at. */
  readonly ready: 'True' | 'False' | 'Unknown'
  /** Reason of the Ready condition, `Unknown` where there is none. */
  readonly reason: string
  /** When its Secret was last written, wall-clock milliseconds; undefined where there is none. */
  readonly changedMs: number | undefined
  /** Age of the value that was confirmed longest ago, in milliseconds; undefined where this process has read none. */
  readonly sourceAgeMs: number | undefined
}

/** The facts of resources, one after the other, in the order in which they were found. Keeps nothing. */
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
