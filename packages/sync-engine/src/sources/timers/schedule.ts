/** Timers are set to whole multiples of this, so that a thousand due times cost twenty timers a second, not a thousand. */
export const TICK_MS = 50

/** Shortest interval that makes sense with ticks of {@link TICK_MS}. */
const MIN_INTERVAL_MS = TICK_MS

/** A 32-bit hash of `text`, evenly distributed even for texts that differ in one digit: FNV-1a, then the finalizer of murmur3. */
export function stableHash(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Moments of an interval at which sources of one cohort are due. Each waits for the others for at most this share of an interval. */
const COHORT_MOMENTS = 50

/** Like {@link stableHash}, but with only {@link COHORT_MOMENTS} values for all keys of one cohort. */
export function cohortHash(key: string, cohort: string): number {
  const width = 2 ** 32 / COHORT_MOMENTS
  return Math.floor(stableHash(key) / width) * width + stableHash(cohort) / COHORT_MOMENTS
}

/** Moments of an interval. Sources that share one are read together, because a read that wakes the process alone costs more CPU. */
const MOMENTS = 240
/** Longest time between two moments, so that long intervals do not become bursts. */
const MAX_STEP_MS = 1_000

/**
 * The first moment after `nowMs` that belongs to the grid of `hash`: phase + k · `intervalMs`, where the phase is the
 * hash's share of the interval, rounded down to one of its moments. The grid does not depend on earlier reads, so a source is due exactly
 * once in each interval. Phase and interval are whole milliseconds, so the division never rounds a moment down into the past.
 */
export function nextDueMs(nowMs: number, intervalMs: number, hash: number): number {
  if (intervalMs === Infinity) return Infinity
  const stepMs = Math.max(1, Math.min(MAX_STEP_MS, Math.floor(intervalMs / MOMENTS)))
  const phaseMs = Math.floor(((hash / 2 ** 32) * intervalMs) / stepMs) * stepMs
  return phaseMs + (Math.floor((nowMs - phaseMs) / intervalMs) + 1) * intervalMs
}

/** `undefined` (no polling) as Infinity, everything else as whole milliseconds of at least one tick. */
export function checkedIntervalMs(intervalMs: number | undefined): number {
  if (intervalMs === undefined) return Infinity
  if (!(intervalMs > 0)) throw new RangeError(`intervalMs: expected a number > 0 or undefined, got ${intervalMs}`)
  return Math.max(MIN_INTERVAL_MS, Math.round(intervalMs))
}

/** The first tick at or after `atMs`. */
export function tickAtMs(atMs: number): number {
  return Math.ceil(atMs / TICK_MS) * TICK_MS
}
