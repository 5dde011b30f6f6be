import {
  type Contract,
  type ContractOptions,
  type ContractRule,
  describeContract,
  inContext,
  rulesOf,
} from '../describe-contract.ts'
import { BACKEND_ABILITIES, type BackendAbility, type BackendHarness } from './backend-harness.ts'
import { BackendCaseContext } from './backend-case-context.ts'
import { batchCases } from './batch-cases.ts'
import { endingCases } from './ending-cases.ts'
import { failingCases } from './failing-cases.ts'
import { listCases } from './list-cases.ts'
import { readingCases } from './reading-cases.ts'

export type BackendContractOptions = ContractOptions<BackendHarness, BackendAbility>
export type BackendRule = ContractRule<BackendHarness, BackendAbility>

const contract: Contract<BackendHarness, BackendCaseContext, BackendAbility> = {
  contract: 'SecretBackend',
  cases: [...readingCases, ...failingCases, ...batchCases, ...listCases, ...endingCases],
  abilities: BACKEND_ABILITIES,
  withSubject: inContext((harness) => new BackendCaseContext(harness)),
}

/** All rules of the contract of `SecretBackend`. */
export const BACKEND_RULES: readonly BackendRule[] = rulesOf(contract)

/**
 * Registers the contract of `SecretBackend` as tests: results, error codes, one request per read with one identity,
 * cancellation, closing, and no secret material in values and errors. Call it while tests are collected.
 */
export function describeBackendContract(options: BackendContractOptions): void {
  describeContract(contract, options)
}
