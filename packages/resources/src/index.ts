export {
  type ClusterExternalSecretResource,
  externalSecretMetadataOf,
  namespacesSelectedBy,
  parseClusterExternalSecret,
} from './cluster-external-secret/cluster-external-secret.ts'
export {
  type ClusterExternalSecretSpec,
  clusterExternalSecretSpecSchema,
} from './cluster-external-secret/cluster-external-secret-spec.ts'
export {
  type ClusterExternalSecretStatus,
  clusterExternalSecretStatusSchema,
  type FailedNamespace,
} from './cluster-external-secret/cluster-external-secret-status.ts'
export { type Condition, readyOf } from './schema/condition.ts'
export {
  type DataEntry,
  type ExternalSecretSpec,
  externalSecretSpecSchema,
  type ExtractEntry,
} from './external-secret/external-secret-spec.ts'
export { type GenerateEntry, isTokenEntry } from './external-secret/generate-spec.ts'
export type { ContainerRegistrySpec, StsTokenSpec } from './external-secret/token-spec.ts'
export {
  type DataSyncResult,
  type ExternalSecretStatus,
  externalSecretStatusSchema,
  type GeneratedStatus,
  type SourceStatus,
} from './external-secret/external-secret-status.ts'
export { type RestartWindow, windowOpensAt } from './external-secret/restart-window.ts'
export { parsePushSecret, type PushSecretResource } from './push-secret/push-secret.ts'
export { type PushEntry, type PushSecretSpec, whyNotPushName, whyNotPushStage } from './push-secret/push-secret-spec.ts'
export { type PushedSecret, type PushSecretStatus, pushSecretStatusSchema } from './push-secret/push-secret-status.ts'
export type { DataFromEntry, FindSpec } from './external-secret/find-spec.ts'
export type { ReplaceRule } from './external-secret/replace-rule-spec.ts'
export type { StoreRef } from './external-secret/store-ref-spec.ts'
export { type FindEntry, findsOf } from './external-secret/finds.ts'
export { mayFind } from './external-secret/may-find.ts'
export { storeRefsOf } from './external-secret/store-refs.ts'
export { handledRefreshOf } from './external-secret/handled-refresh.ts'
export { type ExternalSecretResource, parseExternalSecret } from './external-secret/external-secret.ts'
export { LIMITS } from './schema/limits.ts'
export type { ResourceMetadata } from './parse/metadata.ts'
export {
  ADOPT_ANNOTATION,
  API_VERSION,
  APPLIED_METADATA_ANNOTATION,
  APP_MANAGED_BY_LABEL,
  CONTENT_DIGEST_ANNOTATION,
  DIGEST_KEY_TYPE,
  GENERATED_PREFIX,
  GROUP,
  CREATED_AS_ANNOTATION,
  MANAGED_BY_LABEL,
  MANAGED_BY_VALUE,
  OWNER_ANNOTATION,
  PROVENANCE_ANNOTATION,
  REFRESH_NOW_ANNOTATION,
  REPLACEMENT_ANNOTATION,
  REPLACEMENT_PREFIX,
  REPLACEMENT_TYPE,
  PUSH_FINALIZER,
  RESTARTED_FOR_ANNOTATION,
  ROLE_ARN_ANNOTATION,
  VERSION,
  MEMBER_ANNOTATION,
  MEMBER_OF_LABEL,
} from './names.ts'
export { isClusterScoped, type ResourceKind, resourcePath, resourcesPath } from './resource-path.ts'
export { decodeMember, encodeMember, MAX_DOMAINS, type MemberRecord } from './shards/member-record.ts'
export type { ParseOptions, ParseResult, Resource } from './parse/parse-resource.ts'
export type { Problem } from './parse/problem.ts'
export { closest } from './parse/closest.ts'
export { isSecretKey } from './schema/secret-key.ts'
export { checkSecretType, type KnownContent } from './external-secret/secret-type.ts'
export { isLabelValue, whyNotMetadataName, whyReserved } from './schema/metadata-name.ts'
export { replacesKeys, type TemplateFromEntry, type TemplateSpec } from './external-secret/template-spec.ts'
export type { SecretKeyRef, ServiceAccountRef } from './stores/credential-refs.ts'
export type { EndpointService, PackageService, StoreAccess, StoreService } from './stores/store-service.ts'
export { STORE_PROVIDERS, storeServiceOf } from './stores/store-services.ts'
export type { RamAuth } from './stores/ram-auth-spec.ts'
export { type IdentitySource, type RamIdentity, ramIdentityOf, type RoleSpec } from './stores/ram-identity.ts'
export {
  type ClusterSecretStoreResource,
  parseClusterSecretStore,
  parseSecretStore,
  type SecretStoreResource,
} from './stores/secret-store.ts'
export {
  clusterSecretStoreSpecSchema,
  type SecretStoreSpec,
  secretStoreSpecSchema,
} from './stores/secret-store-spec.ts'
export type { NamespaceCondition } from './namespaces/namespace-condition-spec.ts'
export { type NamespaceMatcher, namespaceMatcher } from './namespaces/namespace-matcher.ts'
export type { AllowEntry, AllowPushEntry, AllowTokensEntry } from './stores/store-admission-spec.ts'
export { type SecretStoreStatus, secretStoreStatusSchema } from './stores/secret-store-status.ts'
export { documentationUrl } from './reference/documentation-url.ts'
export type { GuidedKind } from './reference/reason-anchor.ts'
export { REASON_GUIDES, type ReasonGuide, reasonGuideOf } from './reference/reason-guide.ts'
export { crds, crdYaml, type CustomResourceDefinition } from './crd/crds.ts'
export { INDEX_FILE, type JsonSchema, jsonSchemas } from './json-schema/json-schemas.ts'
