/** Factor of the runs of long properties: a quarter of them with each change, and 20 times as many in a nightly run. */
const FACTOR = Number(process.env.PROPERTY_FACTOR ?? 0.25)

/** Runs of a property, or hours of a simulated time: few with each change, many in the nightly profile. */
export function propertyRuns(runs: number): number {
  return Math.ceil(runs * FACTOR)
}

/** Timeout of such a property. */
export const PROPERTY_TIMEOUT_MS = 120_000 + 60_000 * FACTOR
