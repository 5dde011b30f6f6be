import { CLUSTER_TRIALS } from './cluster-trials.ts'
import { NAMESPACE_TRIALS } from './namespace-trials.ts'
import { DIGEST_KEY_TRIALS, OWN_TRIALS } from './own-trials.ts'
import { REFERENCE_TRIALS } from './reference-trials.ts'
import { REPEAT_TRIAL } from './repeat-trial.ts'
import { RESTART_TRIALS } from './restart-trials.ts'
import { SECRET_TRIALS } from './secret-trials.ts'
import type { Trial } from './trial.ts'

/** A trial for each right of the chart with `rbac.restartWorkloads` on. */
export const TRIALS: readonly Trial[] = [
  ...NAMESPACE_TRIALS,
  REPEAT_TRIAL,
  ...SECRET_TRIALS,
  ...REFERENCE_TRIALS,
  ...CLUSTER_TRIALS,
  ...RESTART_TRIALS,
  ...OWN_TRIALS,
]

/** Those that there are with `rbac.scope: Namespaced` besides. */
export const NAMESPACED_TRIALS: readonly Trial[] = DIGEST_KEY_TRIALS
