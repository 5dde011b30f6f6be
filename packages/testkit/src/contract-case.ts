import { defined } from '@ack-secret-manager/core'

/**
 * One rule of a contract. `check` exercises the subject and throws when the rule is broken, so a case also runs outside a
 * test runner.
 */
export interface ContractCase<Subject, Ability extends string> {
  readonly rule: string
  /** Abilities of the other side that the case needs. */
  readonly needs?: readonly Ability[]
  readonly check: (subject: Subject) => Promise<void>
}

type Check<Subject> = ContractCase<Subject, string>['check']

/** A case, written like a test: the rule, the abilities that it needs, and its check. */
export function contractCase<Subject, Ability extends string>(
  text: string,
  check: Check<Subject>,
): ContractCase<Subject, Ability>
export function contractCase<Subject, Ability extends string>(
  text: string,
  needs: readonly Ability[],
  check: Check<Subject>,
): ContractCase<Subject, Ability>
export function contractCase<Subject, Ability extends string>(
  text: string,
  ...rest: [Check<Subject>] | [readonly Ability[], Check<Subject>]
): ContractCase<Subject, Ability> {
  const [needs, check] = rest.length === 1 ? [[], rest[0]] : rest
  return { rule: text, needs, check }
}

/** Missing abilities with the reason. Cases that need them are skipped, and the contract table shows the reason. */
export type Inabilities<Ability extends string> = Readonly<Partial<Record<Ability, string>>>

/** Cases whose needed abilities exist. */
export function feasible<Subject, Ability extends string>(
  cases: readonly ContractCase<Subject, Ability>[],
  cannot: Inabilities<Ability>,
): readonly ContractCase<Subject, Ability>[] {
  return cases.filter(({ needs = [] }) => needs.every((ability) => cannot[ability] === undefined))
}

/** One case in the contract table. */
export interface CaseNote {
  readonly contract: string
  readonly subject: string
  readonly rule: string
  /** Reason why it does not apply. */
  readonly leftOut?: string
}

/** All cases of a contract for one subject, including those that do not apply. */
export function notesOf<Ability extends string>(
  contract: string,
  subject: string,
  cases: readonly Omit<ContractCase<never, Ability>, 'check'>[],
  cannot: Inabilities<Ability>,
): readonly CaseNote[] {
  return cases.map(({ rule, needs = [] }) => {
    const missing = needs.find((ability) => cannot[ability] !== undefined)
    const why = missing === undefined ? undefined : cannot[missing]
    return { contract, subject, rule, ...defined({ leftOut: why }) }
  })
}
