export { type BackoffOptions, fullJitter } from './backoff.ts'
export {
  BACKEND_CONTRACT_VERSION,
  type BackendPlugin,
  type BackendPluginContext,
  type SchemaResult,
  type StandardSchema,
} from './backend-plugin.ts'
export { type Clock, type ClockTimer, sleep, systemClock } from './clock.ts'
export { type ContentDigester, contentDigester, DIGEST_KEY_BYTES } from './content-digest.ts'
export type { Credential, CredentialProvider, Identity } from './credential-provider.ts'
export {
  type CredentialRefresh,
  CredentialRefresher,
  type CredentialRefresherOptions,
  type CredentialSource,
} from './credential-refresher.ts'
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
export { fingerprint } from './fingerprint.ts'
export { Heap } from './heap.ts'
export { ManualClock } from './manual-clock.ts'
export type { AccessCheck, BackendConnection, SecretBackend } from './secret-backend.ts'
export { type ErrorFacts, isSecretSyncError, SecretSyncError, toSecretSyncError } from './secret-sync-error.ts'
export type { RotationFacts, SecretRef, SecretType, SecretValue } from './secret-value.ts'
export type {
  CreateAction,
  KeyRecord,
  ObservedSecret,
  Owner,
  OwnerRecord,
  PatchAction,
  ReleaseAction,
  SecretWriter,
  TargetAction,
  TargetChange,
  TargetRef,
} from './secret-writer.ts'
export { Semaphore } from './semaphore.ts'
export { Sensitive } from './sensitive.ts'
export type { RenderRequest, TemplateRenderer, TemplateText } from './template-renderer.ts'
