import { CLUSTER_ABLATIONS } from './cluster-ablations.ts'
import { NAMESPACE_ABLATIONS } from './namespace-ablations.ts'
import { DIGEST_KEY_ABLATIONS, OWN_ABLATIONS } from './own-namespace-ablations.ts'
import { REFERENCE_ABLATIONS } from './reference-ablations.ts'
import { RETRY_ABLATION } from './retry-ablation.ts'
import { RESTART_ABLATIONS } from './restart-ablations.ts'
import { SECRET_ABLATIONS } from './secret-ablations.ts'
import type { Ablation } from './ablation.ts'

/** An ablation for each permission of the chart with `rbac.restartWorkloads` enabled. */
export const ABLATIONS: readonly Ablation[] = [
  ...NAMESPACE_ABLATIONS,
  RETRY_ABLATION,
  ...SECRET_ABLATIONS,
  ...REFERENCE_ABLATIONS,
  ...CLUSTER_ABLATIONS,
  ...RESTART_ABLATIONS,
  ...OWN_ABLATIONS,
]

/** Additional ablations with `rbac.scope: Namespaced`. */
export const NAMESPACED_ABLATIONS: readonly Ablation[] = DIGEST_KEY_ABLATIONS

/** Additional ablations with `command.processPushSecret: true`. */
export { PUSH_ABLATIONS } from './push-ablations.ts'
