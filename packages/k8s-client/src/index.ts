export type { CredentialChoice } from './credential-source.ts'
export type { EventRecord, EventSubject } from './event-record.ts'
export { EventRecorder, type EventRecorderFacts, type EventRecorderOptions } from './event-recorder.ts'
export type { KubeQuery } from './http-message.ts'
export {
  type AdmissionVerdict,
  isKubeApiError,
  isNamespaceTerminating,
  KubeApiError,
  type KubeApiErrorFacts,
  type KubeErrorCause,
} from './kube-api-error.ts'
export {
  type ContentReference,
  FollowedContents,
  type FollowedContentsOptions,
  type ObjectContent,
} from './followed-contents.ts'
export { KubeClient, type KubeConfigOptions, type KubeDeleteOptions } from './kube-client.ts'
export type { KubeCredentials, KubeCredentialSource, TlsMaterial } from './kube-credentials.ts'
export {
  type KubeList,
  type KubeObject,
  type ManagedFields,
  objectKey,
  type ObjectMeta,
  type OwnerReference,
} from './kube-object.ts'
export type {
  KubeCallOptions,
  KubeClientOptions,
  KubeRequest,
  KubeRequestFacts,
  KubeResponse,
  KubeStreamRequest,
} from './kube-request.ts'
export { LeaseElector, type LeaseElectorOptions } from './lease-elector.ts'
export { listPages, type ListPagesOptions } from './list-pages.ts'
export { ACCEPT_METADATA, ACCEPT_METADATA_LIST, JSON_TYPE, MERGE_PATCH_TYPE } from './media-types.ts'
export { NamedObjectsWatch, type NamedObjectsWatchOptions, type ObjectName } from './named-objects-watch.ts'
export type { ObjectChange } from './object-store.ts'
export {
  type HistoryRewind,
  Reflector,
  type ReflectorFacts,
  type ReflectorFault,
  type ReflectorOptions,
} from './reflector.ts'
export { inNamespace, type KubeMethod, type KubeVerb, type RequestInfo, requestInfo } from './request-info.ts'
export { compareResourceVersions } from './resource-version.ts'
export type { WriteFence } from './write-fence.ts'
