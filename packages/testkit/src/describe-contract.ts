/* oxlint-disable vitest/no-standalone-expect, vitest/valid-title, vitest/require-mock-type-parameters -- the tests are created from data */
import { describe, expect, it } from 'vitest'
import { type ContractCase, feasible, type Inabilities, notesOf } from './contract-case.ts'
import { CONTRACT_META } from './reporter/contract-meta.ts'

/** The subject of a contract, and what its test lacks. */
export interface ContractOptions<Harness, Ability extends string> {
  /** Kind of the subject: `kms-endpoint`, `access-key`, `files`. */
  readonly name: string
  /** Called for each case. Cases may share a manager, namespace or directory, because their names are unique. */
  readonly setUp: () => Harness | Promise<Harness>
  /** Abilities that the other side or its test lacks, with the reason. @default {} */
  readonly cannot?: Inabilities<Ability>
}

/** One rule of a contract, to run outside a test runner. */
export interface ContractRule<Harness, Ability extends string> {
  readonly rule: string
  readonly needs: readonly Ability[]
  /** Throws when the subject breaks the rule. */
  check(setUp: ContractOptions<Harness, Ability>['setUp']): Promise<void>
}

/** Runs `check` on a new subject, and cleans up. */
export type WithSubject<Harness, Subject> = (
  setUp: () => Harness | Promise<Harness>,
  check: (subject: Subject) => Promise<void>,
) => Promise<void>

export interface Contract<Harness, Subject, Ability extends string> {
  /** Such as `SecretBackend`. */
  readonly contract: string
  readonly cases: readonly ContractCase<Subject, Ability>[]
  readonly abilities: readonly Ability[]
  readonly withSubject: WithSubject<Harness, Subject>
}

/** Runs cases in a context, which must contain no secret material in the end. */
export function inContext<Harness, Context extends { expectRedacted(): void; end(): Promise<void> }>(
  open: (harness: Harness) => Context,
): WithSubject<Harness, Context> {
  return async (setUp, check) => {
    const context = open(await setUp())
    try {
      await check(context)
      context.expectRedacted()
    } finally {
      await context.end()
    }
  }
}

export function rulesOf<Harness, Subject, Ability extends string>({
  cases,
  withSubject,
}: Contract<Harness, Subject, Ability>): readonly ContractRule<Harness, Ability>[] {
  return cases.map(({ rule, needs = [], check }) => ({ rule, needs, check: (setUp) => withSubject(setUp, check) }))
}

/** Registers a test for each case that applies, and one that lists the others. */
export function describeContract<Harness, Subject, Ability extends string>(
  { contract, cases, abilities, withSubject }: Contract<Harness, Subject, Ability>,
  { name, setUp, cannot = {} as Inabilities<Ability> }: ContractOptions<Harness, Ability>,
): void {
  describe(`${name} as a ${contract}`, () => {
    it.each(feasible(cases, cannot).map(({ rule, check }) => [rule, check] as const))('%s', (_rule, check) =>
      withSubject(setUp, check),
    )

    it('says what the other side cannot do, and why', ({ task }) => {
      Object.assign(task.meta, { [CONTRACT_META]: notesOf(contract, name, cases, cannot) })
      for (const [ability, why] of Object.entries<string | undefined>(cannot)) {
        expect(abilities, `cannot.${ability}`).toContain(ability)
        expect(why?.trim(), `cannot.${ability}: a reason`).not.toBe('')
      }
    })
  })
}
