/* oxlint-disable vitest/no-standalone-expect, vitest/valid-title, vitest/require-mock-type-parameters -- the tests are created from data */
import { describe, expect, it } from 'vitest'
import { type ContractCase, feasible, type Inabilities, notesOf } from './contract-case.ts'

/** A contract and its subject. */
export interface ContractRun<Subject, Ability extends string> {
  /** Such as `SecretBackend`. */
  readonly contract: string
  /** Kind of the subject: `kms-endpoint`. */
  readonly name: string
  readonly cases: readonly ContractCase<Subject, Ability>[]
  readonly abilities: readonly Ability[]
  readonly cannot: Inabilities<Ability>
  /** Runs `check` on a new subject, and cleans up. */
  readonly withSubject: (check: (subject: Subject) => Promise<void>) => Promise<void>
}

/** Key in a test's `meta` under which the contract reporter finds the cases of a subject. */
export const CONTRACT_META = 'ackSecretManagerContract'

/** Registers a test for each case that applies, and one that lists the others. */
export function describeContract<Subject, Ability extends string>(run: ContractRun<Subject, Ability>): void {
  const { contract, name, cases, abilities, cannot, withSubject } = run
  describe(`${name} as a ${contract}`, () => {
    it.each(feasible(cases, cannot).map(({ rule, check }) => [rule, check] as const))('%s', (_rule, check) =>
      withSubject(check),
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
