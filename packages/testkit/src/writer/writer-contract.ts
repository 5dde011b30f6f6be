import {
  type Contract,
  type ContractOptions,
  type ContractRule,
  describeContract,
  rulesOf,
} from '../describe-contract.ts'
import { changingCases } from './changing-cases.ts'
import { guardingCases, guardingWrittenCases } from './guarding-cases.ts'
import { observingCases } from './observing-cases.ts'
import { untouchedCases } from './untouched-cases.ts'
import { WRITER_ABILITIES, type WriterAbility, type WriterHarness } from './writer-harness.ts'
import { type WriterTarget, VALUES, write } from './writer-target.ts'

export type WriterContractOptions = ContractOptions<WriterHarness, WriterAbility>
export type WriterRule = ContractRule<WriterHarness, WriterAbility>

/** Number of targets in all suites of a file, which may share a namespace. */
let count = 0

const contract: Contract<WriterHarness, WriterTarget, WriterAbility> = {
  contract: 'SecretWriter',
  cases: [
    ...untouchedCases,
    ...guardingCases,
    ...[...changingCases, ...observingCases, ...guardingWrittenCases].map(({ check, ...rest }) => ({
      ...rest,
      check: async (writerTarget: WriterTarget) => check(await write(writerTarget, VALUES)),
    })),
  ],
  abilities: WRITER_ABILITIES,
  withSubject: async (setUp, check) => {
    const harness = await setUp()
    count += 1
    await check({ harness, target: { namespace: harness.namespace, name: `contract-${count}` } })
  },
}

/** All rules of the contract of `SecretWriter`. */
export const WRITER_RULES: readonly WriterRule[] = rulesOf(contract)

/**
 * Registers the contract of `SecretWriter` as tests: exactly the given bytes and keys, no write if a precondition fails,
 * several owners, drift, one winner of concurrent writes, and no visible value. Call it while tests are collected.
 */
export function describeWriterContract(options: WriterContractOptions): void {
  describeContract(contract, options)
}
