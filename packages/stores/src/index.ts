export { type CreateGenerator, createGenerators, type GeneratorsOptions } from './create-generators.ts'
export type { NamespaceLabels } from './internal/admission/admission.ts'
export { whyNoTokens } from './internal/admission/token-admission.ts'
export type { Environment } from './internal/credentials/identity-variables.ts'
export { isConcernedBy } from './internal/admission/secret-shares.ts'
export type { CredentialSources } from './internal/store-entry.ts'
export {
  DEFAULT_TOKEN_FILE,
  OPERATOR_IDENTITY_HINT,
  type OperatorIdentityChoice,
  operatorIdentityFromEnvironment,
  type OperatorIdentityOptions,
  operatorTokenFile,
} from './operator-identity.ts'
export {
  type NamespacedName,
  type NamespacedSecretKey,
  homeOf,
  referencesOf,
  storeLabel,
  type StoreReferences,
  type StoreResource,
} from './store-references.ts'
export { operatorConnection, type OperatorConnectionOptions } from './operator-connection.ts'
export {
  asOperator,
  kubeCredentialReader,
  type CredentialReader,
  type CredentialRequest,
} from './kube/credential-reader.ts'
export type {
  ReadSecretKey,
  ReadServiceAccount,
  ServiceAccountDetails,
} from './internal/credentials/credential-reader.ts'
export { quotaDomain, type QuotaDomainOptions, storeKeyOf } from './quota-domain.ts'
export { StoreRegistry } from './store-registry.ts'
export type {
  PushQuery,
  PushTarget,
  ShareChange,
  StoreDefaults,
  RecheckReason,
  StoreRegistryOptions,
  StoreState,
  TokenQuery,
} from './store-types.ts'
