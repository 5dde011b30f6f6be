export {
  BACKEND_RULES,
  type BackendContractOptions,
  type BackendRule,
  describeBackendContract,
} from './backend/backend-contract.ts'
export {
  BACKEND_ABILITIES,
  type BackendAbility,
  type BackendFault,
  type BackendHarness,
  type BackendOpening,
} from './backend/backend-harness.ts'
export type { Inabilities } from './contract-case.ts'
export {
  CREDENTIAL_PROVIDER_RULES,
  type CredentialProviderContractOptions,
  type CredentialProviderRule,
  describeCredentialProviderContract,
} from './credential-provider/credential-provider-contract.ts'
export {
  CREDENTIAL_PROVIDER_ABILITIES,
  type CredentialFault,
  type CredentialProviderAbility,
  type CredentialProviderHarness,
  type CredentialProviderOpening,
} from './credential-provider/credential-provider-harness.ts'
export { staticProvider, type StaticProvider } from './credential-provider/static-provider.ts'
export {
  describeHintSourceContract,
  HINT_SOURCE_RULES,
  type HintSourceContractOptions,
  type HintSourceRule,
} from './hint-source/hint-source-contract.ts'
export {
  HINT_SOURCE_ABILITIES,
  type HintSourceAbility,
  type HintSourceFault,
  type HintSourceHarness,
  type HintSourceOpening,
  type SentMessage,
} from './hint-source/hint-source-harness.ts'
export { expectRedacted } from './redaction.ts'
export { createOf, patchOf, recordFor, releaseOf, there } from './writer/writer-actions.ts'
export {
  describeWriterContract,
  WRITER_RULES,
  type WriterContractOptions,
  type WriterRule,
} from './writer/writer-contract.ts'
export { WRITER_ABILITIES, type WriterAbility, type WriterHarness } from './writer/writer-harness.ts'
