import type { BenchResult } from './bench-result.ts'

/** A measured value and its goal. */
export interface Goal {
  readonly what: string
  readonly measured: string
  readonly wanted: string
  readonly met: boolean
}

const MAX_RATIO = 1.2
const MAX_WRITES = 2
const MAX_RSS_MIB = 150
/** Allowed time from a change to its Secret in addition to an interval. */
const CHANGE_SLACK_MS = 1_000
/** Allowed calls in an outage in addition to one probe per second: the reads in flight at its start. */
const OUTAGE_CALLS_MORE = 64
/** Allowed time after an outage in addition to the reads at 450 per second. */
const RECOVERY_SLACK_MS = 5_000
/** Allowed increase of the cost per resource in a larger run. */
const FLAT = 1.2

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)

/** Compares one run with the goals. */
export function goalsOf({
  firstSync,
  quiet,
  change,
  outage,
  memory,
  resources,
  secrets,
  intervalMs,
}: BenchResult): Goal[] {
  const recoveryMs = (secrets / 450) * 1_000 + RECOVERY_SLACK_MS
  const outageCalls = outage.seconds + OUTAGE_CALLS_MORE
  const quietRequests = sum(quiet.requests)
  const secretWrites = change.requests['patch secrets'] ?? 0
  return [
    goal('first sync ÷ loader', firstSync.ratio.toFixed(2), `≤ ${MAX_RATIO}`, firstSync.ratio <= MAX_RATIO),
    goal(
      'writes a resource besides its event',
      firstSync.writesPerResource.toFixed(3),
      `≤ ${MAX_WRITES}`,
      // The writes of the digest key and of the store's status do not belong to the resources.
      firstSync.writesPerResource <= MAX_WRITES + 3 / resources,
    ),
    goal('API requests in a quiet interval', String(quietRequests), '0', quietRequests === 0),
    goal('peak RSS', `${memory.peakRssMiB.toFixed(0)} MiB`, `≤ ${MAX_RSS_MIB} MiB`, memory.peakRssMiB <= MAX_RSS_MIB),
    goal(
      'change to Secret, p99',
      `${(change.delayMs.p99 / 1_000).toFixed(2)} s`,
      `≤ ${(intervalMs + CHANGE_SLACK_MS) / 1_000} s`,
      change.delayMs.p99 <= intervalMs + CHANGE_SLACK_MS,
    ),
    goal('Secret writes for a change', String(secretWrites), String(resources), secretWrites === resources),
    goal(
      'KMS calls in an outage',
      String(outage.callsMeanwhile),
      `≤ ${outageCalls}`,
      outage.callsMeanwhile <= outageCalls,
    ),
    goal(
      'end of an outage to the last Secret',
      `${(outage.delayMs.max / 1_000).toFixed(2)} s`,
      `≤ ${(recoveryMs / 1_000).toFixed(2)} s`,
      outage.delayMs.max <= recoveryMs,
    ),
  ]
}

/** Compares the cost per resource in the smallest and the largest run. */
export function flatness(results: readonly BenchResult[]): Goal[] {
  const [small, ...others] = results.toSorted((a, b) => a.resources - b.resources)
  const large = others.at(-1)
  if (small === undefined || large === undefined || small.resources === large.resources) return []
  const of = (what: string, cost: (result: BenchResult) => number): Goal => {
    const [a, b] = [cost(small), cost(large)]
    return goal(
      `${what}, ${small.resources} → ${large.resources}`,
      `${(a * 1_000).toFixed(2)} → ${(b * 1_000).toFixed(2)} ms`,
      `≤ ${FLAT}×`,
      b <= a * FLAT,
    )
  }
  return [
    of('first sync, CPU a resource', ({ firstSync, resources }) => firstSync.cpuSeconds / resources),
    of('first sync, time a resource', ({ firstSync, resources }) => firstSync.seconds / resources),
    of('quiet interval, CPU a secret', ({ quiet, secrets }) => quiet.cpuSeconds / secrets),
    of('change, CPU a resource', ({ change, resources }) => change.cpuSeconds / resources),
  ]
}

function goal(what: string, measured: string, wanted: string, met: boolean): Goal {
  return { what, measured, wanted, met }
}
