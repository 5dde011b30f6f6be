/** Distribution of a set of durations, in milliseconds. */
export interface Percentiles {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** The smallest value that is not exceeded by at least this share of all values (nearest rank). NaN without values. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b)
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: percentile(sorted, 1) }
}
