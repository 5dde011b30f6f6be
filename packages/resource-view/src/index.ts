export { clusterExternalSecretState, type ClusterExternalSecretState } from './cluster-external-secret-state.ts'
export { collectionPath, objectPath } from './collections.ts'
export { causeKeyOf, causeOf } from './failures/failure-cause.ts'
export {
  type FailureGroup,
  type GroupContext,
  groupFailures,
  isFailing,
  secretNameOf,
} from './failures/group-failures.ts'
export { failureKeyOf, withoutOwnNames } from './failures/failure-key.ts'
export { groupPushSecrets, type PushSecretGroup, storesOfGroup } from './failures/group-push-secrets.ts'
export { groupStores, type StoreGroup } from './failures/group-stores.ts'
export { type LivePushSecret, livePushSecret, type PushedThrough } from './live-push-secret.ts'
export { nextCommands } from './next-commands.ts'
export {
  isOperatorBinding,
  OPERATOR,
  OPERATOR_SELECTOR,
  type OperatorHome,
  operatorHome,
  type OperatorTraces,
  severalText,
} from './operator/operator-home.ts'
export {
  isConfirmed,
  type OperatorDeployment,
  operatorDeploymentOf,
  type OperatorLease,
  operatorLeaseOf,
  type OperatorShard,
  shardsOf,
  type OperatorState,
  operatorStateOf,
  operatorWarning,
} from './operator/operator-state.ts'
export { isHolder, leaderFirst, metricsPathOf } from './operator/operator-pods.ts'
export { pushSecretState, type PushSecretState } from './push-secret-state.ts'
export { type ResourceEvent, resourceEvent } from './resource-event.ts'
export {
  keyOf,
  labelOf,
  type LiveExternalSecret,
  liveExternalSecret,
  NOT_REPORTED,
  reasonText,
  stateText,
  type StoreName,
  withoutPrefix,
} from './resource-objects.ts'
export { type StoreState, storeState } from './store-state.ts'
export { type SuspendAction, type SuspendStep, suspendStep } from './suspend-step.ts'
export { type KeySource, type TargetSecret, targetSecret } from './target-secret.ts'
export { type ExternalSecretParts, externalSecretTree } from './tree/external-secret-tree.ts'
export { type PushSecretParts, pushSecretTree } from './tree/push-secret-tree.ts'
export { storeNode } from './tree/store-node.ts'
export type { TreeNode } from './tree/tree-node.ts'
export { type PodSpec, type SecretUse, secretUsesOf } from './workloads/secret-uses.ts'
export {
  sortedWorkloads,
  uncovered,
  type Workload,
  WORKLOAD_COLLECTIONS,
  type WorkloadCollection,
  workloadOf,
} from './workloads/workload.ts'
