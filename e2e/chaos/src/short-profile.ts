/** Runs of the suite; `npm run nightly` has more and longer ones. */
export const SHORT_PROFILE = {
  /** One replica fault fits. */
  durationMs: 20_000,
  /**
   * Together they inject every fault of a proxy. The first kills the leader at a call, and has the shortest outage of KMS. The second
   * pauses the leader during a write, which arrives when another replica leads, and has an API server that lags.
   */
  seeds: [1_323, 1_939],
} as const
