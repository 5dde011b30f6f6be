export {
  type ClusterExternalSecretResource,
  externalSecretMetadataOf,
  namespacesSelectedBy,
  parseClusterExternalSecret,
} from './cluster-external-secret.ts'
export { type ClusterExternalSecretSpec, clusterExternalSecretSpecSchema } from './cluster-external-secret-spec.ts'
export {
  type ClusterExternalSecretStatus,
  clusterExternalSecretStatusSchema,
  type FailedNamespace,
} from './cluster-external-secret-status.ts'
export type { Condition } from './condition.ts'
export {
  type DataEntry,
  type DataProcessEntry,
  type ExternalSecretSpec,
  externalSecretSpecSchema,
  type ExtractEntry,
  type JmesPathEntry,
  type ReplaceRule,
  type RestartEntry,
  type StoreRef,
  type TargetSpec,
} from './external-secret-spec.ts'
export {
  type DataSyncResult,
  type ExternalSecretStatus,
  externalSecretStatusSchema,
  type SourceStatus,
} from './external-secret-status.ts'
export { type ExternalSecretResource, parseExternalSecret } from './external-secret.ts'
export { LIMITS } from './limits.ts'
export type { ResourceMetadata } from './metadata.ts'
export {
  ADOPT_ANNOTATION,
  API_VERSION,
  APPLIED_METADATA_ANNOTATION,
  APP_MANAGED_BY_LABEL,
  CATEGORY,
  CLUSTER_EXTERNAL_SECRET_LABEL,
  CONTENT_DIGEST_ANNOTATION,
  FIELD_MANAGER,
  GROUP,
  MADE_AS_ANNOTATION,
  MANAGED_BY_LABEL,
  MANAGED_BY_VALUE,
  OWNER_ANNOTATION,
  PROVENANCE_ANNOTATION,
  REFRESH_NOW_ANNOTATION,
  ROLE_ARN_ANNOTATION,
  VERSION,
} from './names.ts'
export type { ParseOptions, ParseResult, Resource } from './parse-resource.ts'
export type { Problem } from './problem.ts'
export { isSecretKey } from './secret-key.ts'
export { checkSecretType, type KnownContent } from './secret-type.ts'
export { isLabelValue, whyNotMetadataName, whyReserved } from './metadata-name.ts'
export { replacesKeys, type TemplateFromEntry, type TemplateSpec } from './template-spec.ts'
export type { SecretKeyRef, ServiceAccountRef } from './credential-refs.ts'
export type { DedicatedKmsAuth, KmsStore } from './kms-store-spec.ts'
export type { OosStore, PluginStore } from './other-store-specs.ts'
export type { RamAuth } from './ram-auth-spec.ts'
export {
  DEFAULT_SESSION_NAME,
  type IdentitySource,
  type RamIdentity,
  ramIdentityOf,
  type RoleSession,
} from './ram-identity.ts'
export {
  type ClusterSecretStoreResource,
  parseClusterSecretStore,
  parseSecretStore,
  type SecretStoreResource,
} from './secret-store.ts'
export { clusterSecretStoreSpecSchema, type SecretStoreSpec, secretStoreSpecSchema } from './secret-store-spec.ts'
export type { NamespaceCondition, NamespaceSelector } from './namespace-condition-spec.ts'
export { type NamespaceMatcher, namespaceMatcher } from './namespace-matcher.ts'
export type { AllowEntry } from './store-admission-spec.ts'
export { type SecretStoreStatus, secretStoreStatusSchema } from './secret-store-status.ts'
export { crds, crdYaml, type CustomResourceDefinition } from './crds.ts'
export { type KindName, referenceMarkdown } from './reference-markdown.ts'
