/** A quota always has this many slots, if they are free. */
const MIN_SLOTS = 10
/** Slots for each call that is in flight on average, so that uneven durations do not slow the quota down. */
const SLOTS_PER_CALL = 2
/** Weight of the latest call in the average duration. */
const LATEST_WEIGHT = 0.1

/** Slots that a rate can use (Little's law); Infinity before the first call has ended, and without a rate limit. */
export function slotsFor(perSecond: number, averageMs: number | undefined): number {
  if (perSecond === Infinity || averageMs === undefined) return Infinity
  return Math.max(MIN_SLOTS, Math.ceil((perSecond * SLOTS_PER_CALL * averageMs) / 1_000))
}

/** The moving average of durations. */
export function averageAfter(averageMs: number | undefined, durationMs: number): number {
  const formerMs = averageMs ?? durationMs
  return formerMs + (durationMs - formerMs) * LATEST_WEIGHT
}
