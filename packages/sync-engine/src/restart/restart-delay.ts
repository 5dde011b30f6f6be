import type { RestartDelay, WorkloadState } from '@ack-secret-manager/core'
import { windowOpensAt } from '@ack-secret-manager/resources'
import type { RestartCause } from './clear-restart.ts'
import type { RestartTarget } from './restart-request.ts'

/** A pending change of one resource, and when the resource lets the workload restart. */
export type DueRestart = Pick<RestartCause, 'ownerName' | 'change'> & Pick<RestartTarget, 'minIntervalMs' | 'window'>

/** A last restart that is further in the future has a wrong time, and would block restarts until then. */
const MAX_CLOCK_SKEW_MS = 300_000

/**
 * Whether a restart must wait. The first resource that lets the workload restart does so for all. Pure, and from recorded state only, so
 * that another process comes to the same result.
 * @param nowMs wall-clock time
 */
export function restartDelay(
  { restartedFor, restartedAtMs, rollout }: WorkloadState,
  requests: readonly DueRestart[],
  nowMs: number,
): RestartDelay | undefined {
  const open = requests.filter(({ ownerName, change }) => restartedFor.get(ownerName) !== change)
  const lastMs = restartedAtMs === undefined || restartedAtMs > nowMs + MAX_CLOCK_SKEW_MS ? undefined : restartedAtMs
  const delays = open.map((request) => delayOf(request, lastMs, nowMs))
  const first = earliest(delays)
  if (first !== undefined) return first
  return rollout === 'finished' ? undefined : { reason: 'rollout', rollout }
}

type TimedDelay = Exclude<RestartDelay, { readonly reason: 'rollout' }>

/** Undefined: not delayed. */
function delayOf(
  { minIntervalMs, window }: DueRestart,
  lastMs: number | undefined,
  nowMs: number,
): TimedDelay | undefined {
  const fromMs = Math.max(nowMs, lastMs === undefined ? 0 : lastMs + minIntervalMs)
  const untilMs = window === undefined ? fromMs : windowOpensAt(window, fromMs)
  if (untilMs === nowMs) return undefined
  return { reason: untilMs === fromMs ? 'interval' : 'window', untilMs }
}

/** The delay that ends first; undefined if one restart is not delayed. */
function earliest(delays: ReadonlyArray<TimedDelay | undefined>): TimedDelay | undefined {
  let first: TimedDelay | undefined
  for (const delay of delays) {
    if (delay === undefined) return undefined
    if (first === undefined || (delay.untilMs ?? Infinity) < (first.untilMs ?? Infinity)) first = delay
  }
  return first
}
