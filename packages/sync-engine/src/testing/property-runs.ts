/** Factor of the runs of long properties. A nightly run takes 20. */
const FACTOR = Number(process.env.PROPERTY_FACTOR ?? 1)

/** Runs of a property: few with each change, many in the nightly profile. */
export function propertyRuns(runs: number): number {
  return runs * FACTOR
}

/** Timeout of such a property. */
export const PROPERTY_TIMEOUT_MS = 120_000 + 60_000 * FACTOR
