export {
  AccessEnvironment,
  ACCOUNT,
  AUDIENCE,
  type ClusterIssuer,
  providerArn,
  READ,
  role,
  rrsa,
} from './access-environment.ts'
export {
  type AppliedObject,
  type KubeSecret,
  NamespaceObjects,
  type ReadyCondition,
  type TestNamespace,
  textsOf,
} from './namespace-objects.ts'
export { ObjectHistory } from './object-history.ts'
export { SLOW_INTERVAL } from './slow-interval.ts'
export { ACCESS_KEY, TestEnvironment, type TestEnvironmentOptions } from './test-environment.ts'
export {
  leftClusterExternalSecret,
  leftExternalSecret,
  type LeftObject,
  leftSecret,
  leftSpec,
  leftStore,
  UPSTREAM_FINALIZER,
  upstreamCrds,
  type UpstreamVersion,
} from './upstream-objects.ts'
