/** Earliest and latest possible time, in wall-clock milliseconds; equal while all clocks agree. */
export interface TimeBounds {
  readonly earliestMs: number
  readonly latestMs: number
}

/** Clocks that differ by at most this much agree. */
export const MAX_CLOCK_DIFFERENCE_MS = 300_000

/** @param others times of other clocks; undefined for a clock that cannot be read */
export function timeBounds(nowMs: number, ...others: readonly (number | undefined)[]): TimeBounds {
  const differing = others.filter((ms) => ms !== undefined && !isSameTime(ms, nowMs)) as readonly number[]
  return { earliestMs: Math.min(nowMs, ...differing), latestMs: Math.max(nowMs, ...differing) }
}

export function isSameTime(oneMs: number, otherMs: number): boolean {
  return Math.abs(oneMs - otherMs) <= MAX_CLOCK_DIFFERENCE_MS
}
