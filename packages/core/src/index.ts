export { type BackoffOptions, backoffWithin, fullJitter } from './retry/backoff.ts'
export { limitedRetryAfterMs } from './retry/retry-after.ts'
export type {
  BackendDriver,
  BackendIdentity,
  BackendTarget,
  DefaultEndpointOptions,
  EndpointDriver,
  Network,
  PackageDriver,
  RamTarget,
  RequestSigner,
} from './contracts/backend-driver.ts'
export type { ProxyRoutes, ProxyServer } from './contracts/proxy-routes.ts'
export {
  BACKEND_CONTRACT_VERSION,
  type BackendPlugin,
  type BackendPluginContext,
  type SchemaResult,
  type StandardSchema,
} from './contracts/backend-plugin.ts'
export { CompactMap } from './collections/compact-map.ts'
export { Interner } from './collections/interner.ts'
export { checkLimits } from './collections/check-limits.ts'
export { type Clock, type ClockTimer, sleep, systemClock } from './time/clock.ts'
export { type ContentDigester, contentDigester, DIGEST_KEY_BYTES } from './content-digest.ts'
export type { Credential, CredentialProvider, Identity } from './contracts/credential-provider.ts'
export {
  type CredentialRefresh,
  CredentialRefresher,
  type CredentialRefresherOptions,
  type CredentialRefreshOptions,
  type CredentialSource,
} from './credentials/credential-refresher.ts'
export { defined, withDefaults } from './defined.ts'
export { type DeadlineOptions, withDeadline } from './time/deadline.ts'
export { parseDuration } from './time/duration.ts'
export { withSignal } from './time/with-signal.ts'
export { timeText } from './time/time-text.ts'
export { TimeShare, type TimeShareOptions } from './time/time-share.ts'
export {
  ERROR_CODES,
  type ErrorCode,
  isOutage,
  type ReadErrorCode,
  type ReadyReason,
  reasonOf,
  retryOf,
} from './errors/error-codes.ts'
export { errorKind } from './errors/error-kind.ts'
export { fingerprint } from './credentials/fingerprint.ts'
export { escapeControls, nameText } from './errors/printable.ts'
export { accountLabel, unknownAccount } from './credentials/quota-account.ts'
export type { Hint, HintBatch, HintSource, NoHintReason } from './contracts/hint-source.ts'
export { isRendered, RENDERED_ORIGIN } from './contracts/key-origin.ts'
export { shareLookups, type ShareLookupsOptions } from './network/share-lookups.ts'
export { regexCost } from './regex-cost.ts'
export { remember } from './collections/remember.ts'
export { ReferenceIndex } from './collections/reference-index.ts'
export type {
  AccessCheck,
  BackendConnection,
  BatchLimits,
  Quota,
  ReadResult,
  SecretBackend,
} from './contracts/secret-backend.ts'
export {
  type ErrorFacts,
  isSecretSyncError,
  messageWithRequestId,
  NAMESPACE_TERMINATING,
  needsUserAction,
  SecretSyncError,
  toSecretSyncError,
} from './errors/secret-sync-error.ts'
export type { GeneratedSecret, SecretGenerator, TokenLife } from './contracts/secret-generator.ts'
export type { ListedSecret, ListOptions, SecretPage } from './contracts/secret-list.ts'
export type { RotationFacts, SecretRef, SecretType, SecretValue } from './contracts/secret-value.ts'
export type {
  CreateAction,
  FinishAction,
  KeyRecord,
  ObservedSecret,
  Owner,
  OwnerRecord,
  PatchAction,
  RecordAction,
  ReleaseAction,
  ReplaceAction,
  SecretWriter,
  TargetAction,
  TargetChange,
  TargetRef,
  TargetValues,
  UnfinishedReplacement,
} from './contracts/secret-writer.ts'
export { isLine, TEXT_LIMITS } from './contracts/text-limits.ts'
export { unknownAction } from './contracts/unknown-action.ts'
export type {
  ReadDemand,
  StoreQuery,
  StoreReadLimit,
  StoreReference,
  StoreResolution,
} from './contracts/store-resolution.ts'
export { type SweepFacts, type SweepOptions, type SweepPage, sweepPages } from './listing/sweep-pages.ts'
export { Semaphore } from './collections/semaphore.ts'
export { Sensitive } from './sensitive.ts'
export {
  type MetadataName,
  type MetadataRecord,
  recordMetadata,
  type TargetMetadata,
} from './contracts/target-metadata.ts'
export type { RenderRequest, TemplateRenderer, TemplateText } from './contracts/template-renderer.ts'
export type {
  RestartResult,
  WorkloadRef,
  RestartDelay,
  WorkloadRestarter,
  WorkloadState,
} from './contracts/workload-restarter.ts'
