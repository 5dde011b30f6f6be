/** Runs of each property: `FUZZ_RUNS`, which the nightly profile sets to 100000. */
export const FUZZ_RUNS = Number(process.env['FUZZ_RUNS'] ?? 300)

/** Time for them: a property that hangs is to be seen, one with many runs is not. */
export const FUZZ_TIMEOUT_MS = 30_000 + FUZZ_RUNS * 20
