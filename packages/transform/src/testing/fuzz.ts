/** Runs of each property: `FUZZ_RUNS`, which the nightly profile sets to 100000. */
export const FUZZ_RUNS = Number(process.env['FUZZ_RUNS'] ?? 300)

/** Timeout of a property: long enough for many runs, and short enough to detect a hang. */
export const FUZZ_TIMEOUT_MS = 30_000 + FUZZ_RUNS * 20
