import type { ContractCase, Inabilities } from '../contract-case.ts'
import { describeContract } from '../describe-contract.ts'
import {
  CREDENTIAL_PROVIDER_ABILITIES,
  type CredentialProviderAbility,
  type CredentialProviderHarness,
} from './credential-provider-harness.ts'
import { CredentialProviderCaseContext } from './credential-provider-case-context.ts'
import { failingCases } from './failing-cases.ts'
import { givingCases } from './giving-cases.ts'

const cases: readonly ContractCase<CredentialProviderCaseContext, CredentialProviderAbility>[] = [
  ...givingCases,
  ...failingCases,
]

export interface CredentialProviderContractOptions {
  /** Kind of the identity: `access-key`. */
  readonly name: string
  /** Called for each case. */
  readonly setUp: () => CredentialProviderHarness | Promise<CredentialProviderHarness>
  /** Abilities that the source or its test lacks, with the reason. @default {} */
  readonly cannot?: Inabilities<CredentialProviderAbility>
}

/** One rule of the contract, to run outside a test runner. */
export interface CredentialProviderRule {
  readonly rule: string
  readonly needs: readonly CredentialProviderAbility[]
  /** Throws when the provider breaks the rule. */
  check(setUp: CredentialProviderContractOptions['setUp']): Promise<void>
}

/** All rules of the contract of `CredentialProvider`. */
export const CREDENTIAL_PROVIDER_RULES: readonly CredentialProviderRule[] = cases.map(
  ({ rule, needs = [], check }) => ({
    rule,
    needs,
    check: (setUp) => withContext(setUp, check),
  }),
)

/**
 * Registers the contract of `CredentialProvider` as tests: one identity, one request for many callers, renewal, refusal,
 * outage, cancellation, closing, and no visible secret material. Call it while tests are collected.
 */
export function describeCredentialProviderContract(options: CredentialProviderContractOptions): void {
  const { name, setUp, cannot = {} } = options
  describeContract({
    contract: 'CredentialProvider',
    name,
    cases,
    abilities: CREDENTIAL_PROVIDER_ABILITIES,
    cannot,
    withSubject: (check) => withContext(setUp, check),
  })
}

async function withContext(
  setUp: CredentialProviderContractOptions['setUp'],
  check: (context: CredentialProviderCaseContext) => Promise<void>,
): Promise<void> {
  const context = new CredentialProviderCaseContext(await setUp())
  try {
    await check(context)
    context.expectRedacted()
  } finally {
    await context.end()
  }
}
