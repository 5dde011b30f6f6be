import {
  type Contract,
  type ContractOptions,
  type ContractRule,
  describeContract,
  inContext,
  rulesOf,
} from '../describe-contract.ts'
import { failingCases } from './failing-cases.ts'
import { HintSourceCaseContext } from './hint-source-case-context.ts'
import { HINT_SOURCE_ABILITIES, type HintSourceAbility, type HintSourceHarness } from './hint-source-harness.ts'
import { receivingCases } from './receiving-cases.ts'

export type HintSourceContractOptions = ContractOptions<HintSourceHarness, HintSourceAbility>
export type HintSourceRule = ContractRule<HintSourceHarness, HintSourceAbility>

const contract: Contract<HintSourceHarness, HintSourceCaseContext, HintSourceAbility> = {
  contract: 'HintSource',
  cases: [...receivingCases, ...failingCases],
  abilities: HINT_SOURCE_ABILITIES,
  withSubject: inContext((harness) => new HintSourceCaseContext(harness)),
}

/** All rules of the contract of `HintSource`. */
export const HINT_SOURCE_RULES: readonly HintSourceRule[] = rulesOf(contract)

/**
 * Registers the contract of `HintSource` as tests: names and times, messages delivered again until they are confirmed, messages that
 * are no hint, refusals, outage, cancellation, closing, and no visible secret material. Call it while tests are collected.
 */
export function describeHintSourceContract(options: HintSourceContractOptions): void {
  describeContract(contract, options)
}
