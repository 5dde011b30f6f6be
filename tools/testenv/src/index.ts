export { AdmissionWebhook, type AdmissionWebhookOptions } from './admission-webhook.ts'
export {
  accessKeyStore,
  ACCOUNT,
  AUDIENCE,
  type ClusterIssuer,
  clusterIssuer,
  providerArn,
  providerOf,
  READ,
  roleArn,
  rrsa,
  textSecrets,
  trustOf,
} from './cloud-seed.ts'
export {
  AuditLog,
  type AuditedRequest,
  countRequests,
  isWork,
  parseAuditLine,
  type RequestCounts,
} from './audit-log.ts'
export { apply, collectionPath, installCrds, type Manifest, readManifests, until } from './manifests.ts'
export {
  documentOf,
  externalSecretManifest,
  forEachIndex,
  isNameOfMany,
  nameOf,
  revisionOfMany,
  secretNameOf,
  seedOfMany,
  storeManifests,
} from './many-resources.ts'
export {
  type AppliedObject,
  type KubeSecret,
  NamespaceObjects,
  type ReadyCondition,
  type TestNamespace,
  textsOf,
} from './namespace-objects.ts'
export { ObjectHistory } from './object-history.ts'
export { UsageError } from '@ack-secret-manager/command-line'
export { ACKSM, OPERATOR } from './processes/bundle.ts'
export { exitOnClosedPipe } from './run-kit/exit-on-closed-pipe.ts'
export { metricValue } from './run-kit/metric-value.ts'
export { cpuSecondsOfAll, usageOf } from './run-kit/process-usage.ts'
export { renderTable, type Row } from './run-kit/table.ts'
export { defineTool, KMS_LATENCY, runTool, type Tool, toolOptions } from './run-kit/tool.ts'
export { longestTurnMs, REPORTS_TURNS } from './processes/longest-turn.ts'
export { OperatorProcess, type OperatorProcessOptions } from './processes/operator-process.ts'
export { type VisibleProcessData, visibleProcessData } from './processes/visible-process-data.ts'
export { type CommandOptions, Program, type ProgramOptions } from './processes/program.ts'
export { SimulatorProcess } from './processes/simulator-process.ts'
export { LocalSimulator, type SimulatorCalls, SimulatorClient, type SimulatorReady } from './simulator-client.ts'
export { createProxyCertificates } from './proxy-certificates.ts'
export { Random } from './random.ts'
export { requestToken, type ServiceAccountName } from './request-token.ts'
export { SLOW_INTERVAL } from './slow-interval.ts'
export { ACCESS_KEY, type ClusterAdmin, TestEnvironment, type TestSeed } from './test-environment.ts'
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
