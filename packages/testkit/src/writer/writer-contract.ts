import type { ContractCase, Inabilities } from '../contract-case.ts'
import { describeContract } from '../describe-contract.ts'
import { changingCases } from './changing-cases.ts'
import { guardingCases, guardingWrittenCases } from './guarding-cases.ts'
import { observingCases } from './observing-cases.ts'
import { untouchedCases } from './untouched-cases.ts'
import { WRITER_ABILITIES, type WriterAbility, type WriterHarness } from './writer-harness.ts'
import { type WriterTarget, VALUES, write } from './writer-target.ts'

const cases: readonly ContractCase<WriterTarget, WriterAbility>[] = [
  ...untouchedCases,
  ...guardingCases,
  ...[...changingCases, ...observingCases, ...guardingWrittenCases].map(({ check, ...rest }) => ({
    ...rest,
    check: async (writerTarget: WriterTarget) => check(await write(writerTarget, VALUES)),
  })),
]

export interface WriterContractOptions {
  /** Kind of the writer: `files`. */
  readonly name: string
  /** Called for each case. Cases may share a namespace or directory, because names of targets are unique. */
  readonly setUp: () => WriterHarness | Promise<WriterHarness>
  /** Abilities that the test lacks, with the reason. @default {} */
  readonly cannot?: Inabilities<WriterAbility>
}

/** One rule of the contract, to run outside a test runner. */
export interface WriterRule {
  readonly rule: string
  readonly needs: readonly WriterAbility[]
  /** Throws when the writer breaks the rule. */
  check(setUp: WriterContractOptions['setUp']): Promise<void>
}

/** All rules of the contract of `SecretWriter`. */
export const WRITER_RULES: readonly WriterRule[] = cases.map(({ rule, needs = [], check }) => ({
  rule,
  needs,
  check: async (setUp) => check(await placeOf(setUp)),
}))

/**
 * Registers the contract of `SecretWriter` as tests: exactly the given bytes and keys, no write if a precondition fails,
 * several owners, drift, one winner of concurrent writes, and no visible value. Call it while tests are collected.
 */
export function describeWriterContract({ name, setUp, cannot = {} }: WriterContractOptions): void {
  describeContract({
    contract: 'SecretWriter',
    name,
    cases,
    abilities: WRITER_ABILITIES,
    cannot,
    withSubject: async (check) => check(await placeOf(setUp)),
  })
}

/** Number of targets in all suites of a file, which may share a namespace. */
let count = 0

async function placeOf(setUp: WriterContractOptions['setUp']): Promise<WriterTarget> {
  const harness = await setUp()
  count += 1
  return { harness, target: { namespace: harness.namespace, name: `contract-${count}` } }
}
