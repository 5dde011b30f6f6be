import { isGenerated } from '../../model/generated-version.ts'
import type { SyncOutcome } from '../../report/sync-outcome.ts'

/** Longest wait. A timer follows the monotonic clock, but the age of a value follows the wall clock, which may be corrected meanwhile. */
const MAX_WAIT_MS = 86_400_000
/** Shortest wait between two attempts to renew a value that is due. */
const MIN_WAIT_MS = 60_000
/** Wait until differing clocks are compared again. */
const DISPUTED_WAIT_MS = 300_000

/** When to sync again because a generated value becomes due, in milliseconds; undefined without such a value. */
export function renewalInMs(outcome: SyncOutcome, nowMs: number): number | undefined {
  if (outcome.kind !== 'synced') return undefined
  const failing = [...outcome.failures, ...(outcome.refused ?? [])].filter(({ secret }) => isGenerated(secret))
  const retriesMs = failing.map(({ error }) => nowMs + (error.facts.retryAfterMs ?? 0))
  const timesMs = (outcome.generated ?? []).map(({ dueMs = Infinity, isDisputed = false }) =>
    isDisputed ? nowMs + DISPUTED_WAIT_MS : dueMs,
  )
  const dueMs = Math.min(...timesMs, ...retriesMs, Infinity)
  return dueMs === Infinity ? undefined : Math.min(Math.max(dueMs - nowMs, MIN_WAIT_MS), MAX_WAIT_MS)
}
