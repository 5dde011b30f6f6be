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

/** Options of {@link describeBackendContract}. */
export interface BackendContractOptions {
  /** Of the backend, as its metrics have it: `kms-endpoint`. */
  readonly name: string
  /** Called for each case. The manager behind it may be a shared one: names of secrets are never used twice. */
  readonly setUp: () => BackendHarness | Promise<BackendHarness>
  /** What the manager, or the test of it, cannot do, each with the reason. @default {}: it can do everything */
  readonly cannot?: Inabilities<BackendAbility>
}

/** One rule of the contract, to be run outside of a suite. */
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
 * Registers what every `SecretBackend` does, as tests: what a read gives, with which code it fails, that it asks once and
 * as nobody else, how it is cancelled and closed, and that neither a value nor an error tells secret material. Call it
 * where tests are collected.
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
