import { metricValue, type OperatorProcess } from '@ack-secret-manager/testenv'

/** Resources of a process, from its metrics. */
export interface ReplicaResources {
  readonly rssMiB: number
  readonly openFiles: number
  readonly timers: number
  readonly handles: number
}

const MIB = 1024 * 1024

/** Reads the statistics of a replica. */
export async function statsOf(replica: OperatorProcess): Promise<ReplicaResources> {
  return parseStats(await replica.metrics())
}

/** Parses the statistics from metrics. @throws Error when one is missing */
export function parseStats(page: string): ReplicaResources {
  const value = (name: string): number => {
    const found = metricValue(page, name)
    if (Number.isNaN(found)) throw new Error(`the metrics have no ${name}`)
    return found
  }
  return {
    rssMiB: Math.round(value('process_resident_memory_bytes') / MIB),
    openFiles: value('process_open_fds'),
    timers: value('nodejs_active_resources{type="Timeout"}'),
    handles: value('nodejs_active_handles_total'),
  }
}

/** Statistics that have grown, as text. */
export function growthOf(before: ReplicaResources, now: ReplicaResources): string[] {
  const bounds: ReplicaResources = {
    // A heap without memory pressure holds much garbage that is not collected yet.
    rssMiB: before.rssMiB * 1.5 + 64,
    openFiles: before.openFiles + 24,
    timers: before.timers + 40,
    handles: before.handles + 24,
  }
  return (Object.keys(bounds) as (keyof ReplicaResources)[])
    .filter((name) => now[name] > bounds[name])
    .map((name) => `${name} ${before[name]} at the start, ${now[name]} now`)
}
