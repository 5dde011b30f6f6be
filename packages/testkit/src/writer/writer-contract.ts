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

/** Options of {@link describeWriterContract}. */
export interface WriterContractOptions {
  /** Of the writer: `files`. */
  readonly name: string
  /** Called for each case. The place behind it may be a shared one: names of targets are never used twice. */
  readonly setUp: () => WriterHarness | Promise<WriterHarness>
  /** What the test of it cannot do, each with the reason. @default {}: it can do everything */
  readonly cannot?: Inabilities<WriterAbility>
}

/** One rule of the contract, to be run outside of a suite. */
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
 * Registers what every `SecretWriter` does, as tests, whatever it writes to: exactly the bytes and keys it was told, nothing
 * when the target is not as expected, several owners, drift, one winner among many, and no value told. Call it where tests
 * are collected.
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

/** Of all suites of a file, which may share a namespace. */
let count = 0

async function placeOf(setUp: WriterContractOptions['setUp']): Promise<WriterTarget> {
  const harness = await setUp()
  count += 1
  return { harness, target: { namespace: harness.namespace, name: `contract-${count}` } }
}
