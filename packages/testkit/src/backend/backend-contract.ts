import type { ContractCase, Inabilities } from '../contract-case.ts'
import { describeContract } from '../describe-contract.ts'
import { BACKEND_ABILITIES, type BackendAbility, type BackendHarness } from './backend-harness.ts'
import { BackendCaseContext } from './backend-case-context.ts'
import { endingCases } from './ending-cases.ts'
import { failingCases } from './failing-cases.ts'
import { readingCases } from './reading-cases.ts'

const cases: readonly ContractCase<BackendCaseContext, BackendAbility>[] = [
  ...readingCases,
  ...failingCases,
  ...endingCases,
]

export interface BackendContractOptions {
  /** Kind of the backend, as in its metrics: `kms-endpoint`. */
  readonly name: string
  /** Called for each case. Cases may share a manager, because names of secrets are unique. */
  readonly setUp: () => BackendHarness | Promise<BackendHarness>
  /** Abilities that the manager or its test lacks, with the reason. @default {} */
  readonly cannot?: Inabilities<BackendAbility>
}

/** One rule of the contract, to run outside a test runner. */
export interface BackendRule {
  readonly rule: string
  readonly needs: readonly BackendAbility[]
  /** Throws when the backend breaks the rule. */
  check(setUp: BackendContractOptions['setUp']): Promise<void>
}

/** All rules of the contract of `SecretBackend`. */
export const BACKEND_RULES: readonly BackendRule[] = cases.map(({ rule, needs = [], check }) => ({
  rule,
  needs,
  check: (setUp) => withContext(setUp, check),
}))

/**
 * Registers the contract of `SecretBackend` as tests: results, error codes, one request per read with one identity,
 * cancellation, closing, and no secret material in values and errors. Call it while tests are collected.
 */
export function describeBackendContract({ name, setUp, cannot = {} }: BackendContractOptions): void {
  describeContract({
    contract: 'SecretBackend',
    name,
    cases,
    abilities: BACKEND_ABILITIES,
    cannot,
    withSubject: (check) => withContext(setUp, check),
  })
}

async function withContext(
  setUp: BackendContractOptions['setUp'],
  check: (context: BackendCaseContext) => Promise<void>,
): Promise<void> {
  const context = new BackendCaseContext(await setUp())
  try {
    await check(context)
    context.expectRedacted()
  } finally {
    await context.end()
  }
}
