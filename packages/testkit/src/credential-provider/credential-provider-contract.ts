import {
  type Contract,
  type ContractOptions,
  type ContractRule,
  describeContract,
  inContext,
  rulesOf,
} from '../describe-contract.ts'
import {
  CREDENTIAL_PROVIDER_ABILITIES,
  type CredentialProviderAbility,
  type CredentialProviderHarness,
} from './credential-provider-harness.ts'
import { CredentialProviderCaseContext } from './credential-provider-case-context.ts'
import { failingCases } from './failing-cases.ts'
import { givingCases } from './giving-cases.ts'

export type CredentialProviderContractOptions = ContractOptions<CredentialProviderHarness, CredentialProviderAbility>
export type CredentialProviderRule = ContractRule<CredentialProviderHarness, CredentialProviderAbility>

const contract: Contract<CredentialProviderHarness, CredentialProviderCaseContext, CredentialProviderAbility> = {
  contract: 'CredentialProvider',
  cases: [...givingCases, ...failingCases],
  abilities: CREDENTIAL_PROVIDER_ABILITIES,
  withSubject: inContext((harness) => new CredentialProviderCaseContext(harness)),
}

/** All rules of the contract of `CredentialProvider`. */
export const CREDENTIAL_PROVIDER_RULES: readonly CredentialProviderRule[] = rulesOf(contract)

/**
 * Registers the contract of `CredentialProvider` as tests: one identity, one request for many callers, renewal, refusal,
 * outage, cancellation, closing, and no visible secret material. Call it while tests are collected.
 */
export function describeCredentialProviderContract(options: CredentialProviderContractOptions): void {
  describeContract(contract, options)
}
