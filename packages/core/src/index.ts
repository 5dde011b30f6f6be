export { type BackoffOptions, fullJitter } from './backoff.ts'
export {
  BACKEND_CONTRACT_VERSION,
  type BackendPlugin,
  type BackendPluginContext,
  type SchemaResult,
  type StandardSchema,
} from './backend-plugin.ts'
export { checkLimits } from './check-limits.ts'
export { type Clock, type ClockTimer, sleep, systemClock } from './clock.ts'
export { commandLineRefusal } from './command-line-refusal.ts'
export { type ContentDigester, contentDigester, DIGEST_KEY_BYTES } from './content-digest.ts'
export type { Credential, CredentialProvider, Identity } from './credential-provider.ts'
export {
  type CredentialRefresh,
  CredentialRefresher,
  type CredentialRefresherOptions,
  type CredentialSource,
} from './credential-refresher.ts'
export { crashReport } from './crash-report.ts'
export { type DeadlineOptions, withDeadline } from './deadline.ts'
export { parseDuration } from './duration.ts'
export {
  ERROR_CODES,
  type ErrorCode,
  isOutage,
  type ReadErrorCode,
  type ReadyReason,
  reasonOf,
  retryOf,
} from './error-codes.ts'
export { errorKind } from './error-kind.ts'
export { fingerprint } from './fingerprint.ts'
export { escapeControls, nameText } from './printable.ts'
export { accountLabel, unknownAccount } from './quota-account.ts'
export { Heap } from './heap.ts'
export { ManualClock } from './manual-clock.ts'
export { type ErrorSource, onReaderGone } from './reader-gone.ts'
export { regexCost } from './regex-cost.ts'
export { ReferenceIndex } from './reference-index.ts'
export type { AccessCheck, BackendConnection, SecretBackend } from './secret-backend.ts'
export {
  type ErrorFacts,
  isSecretSyncError,
  messageWithRequestId,
  NAMESPACE_TERMINATING,
  SecretSyncError,
  toSecretSyncError,
} from './secret-sync-error.ts'
export type { RotationFacts, SecretRef, SecretType, SecretValue } from './secret-value.ts'
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
  UnfinishedReplacement,
} from './secret-writer.ts'
export { Semaphore } from './semaphore.ts'
export { Sensitive } from './sensitive.ts'
export { type MetadataName, type MetadataRecord, recordMetadata, type TargetMetadata } from './target-metadata.ts'
export type { RenderRequest, TemplateRenderer, TemplateText } from './template-renderer.ts'
export { type TypedShape, typedText } from './typed-text.ts'
export type { RestartResult, WorkloadRef, WorkloadRestarter } from './workload-restarter.ts'
