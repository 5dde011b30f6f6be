export { type CredentialChoice, credentialSource } from './credentials/credential-source.ts'
export type { EventRecord, EventSubject } from './events/event.ts'
export { EventRecorder, type EventRecorderStats, type EventRecorderOptions } from './events/event-recorder.ts'
export type { KubeQuery } from './client/http-message.ts'
export {
  type AdmissionRejection,
  API_SERVER_STARTUP_MS,
  isKubeApiError,
  isNamespaceTerminating,
  KubeApiError,
  type KubeApiErrorDetails,
  type KubeErrorCause,
} from './client/kube-api-error.ts'
export {
  type ContentRequest,
  ContentWatch,
  type ContentWatchOptions,
  type ObjectContent,
} from './watch/content-watch.ts'
export { FIELD_MANAGER, KubeClient, type KubeConfigOptions, type KubeDeleteOptions } from './client/kube-client.ts'
export type { KubeCredentials, KubeCredentialSource, TlsMaterial } from './credentials/kube-credentials.ts'
export {
  type KubeList,
  type KubeObject,
  type ManagedFields,
  objectKey,
  type ObjectMeta,
  type OwnerReference,
} from './client/kube-object.ts'
export type {
  KubeCallOptions,
  KubeClientOptions,
  KubeRequest,
  KubeRequestStats,
  KubeResponse,
  KubeStreamRequest,
} from './client/kube-request.ts'
export { LeaseElector, type LeaseElectorOptions } from './leader-election/lease-elector.ts'
export { isSameRecord, type LeaseRecord, leaseRecord, MAX_LEASE_DURATION_MS } from './leader-election/lease-record.ts'
export type { LeaseApi, LeaseMetadata } from './leader-election/lease-store.ts'
export { listPages, type ListPagesOptions } from './watch/list-pages.ts'
export { ACCEPT_METADATA, ACCEPT_METADATA_LIST } from './client/media-types.ts'
export { ObjectWatch, type ObjectWatchOptions, type ObjectName } from './watch/object-watch.ts'
export type { RefreshOptions } from './watch/list-watch.ts'
export type { ObjectChange } from './watch/store.ts'
export {
  type ResourceVersionRollback,
  Reflector,
  type ReflectorStats,
  type ReflectorFault,
  type ReflectorOptions,
} from './watch/reflector.ts'
export { inNamespace, type KubeMethod, type KubeVerb } from './client/request-info.ts'
export { compareResourceVersions } from './client/resource-version.ts'
export type { WriteFence } from './client/write-fence.ts'
