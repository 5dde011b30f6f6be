/**
 * One rule of a contract. `check` takes what is tested through its paces and throws when the rule is broken, so that a
 * case can also be run outside of a test runner.
 */
export interface ContractCase<Subject, Ability extends string> {
  readonly rule: string
  /** What the other side has to be able to for it, beyond the least. */
  readonly needs?: readonly Ability[]
  readonly check: (subject: Subject) => Promise<void>
}

/** What the other side cannot do, each with the reason; the cases that need it are left out, and the table says why. */
export type Inabilities<Ability extends string> = Readonly<Partial<Record<Ability, string>>>

/** Cases whose needs are met. */
export function feasible<Subject, Ability extends string>(
  cases: readonly ContractCase<Subject, Ability>[],
  cannot: Inabilities<Ability>,
): readonly ContractCase<Subject, Ability>[] {
  return cases.filter(({ needs = [] }) => needs.every((ability) => cannot[ability] === undefined))
}

/** One case as the table of contracts has it. */
export interface CaseNote {
  readonly contract: string
  readonly subject: string
  readonly rule: string
  /** Why it does not apply. */
  readonly leftOut?: string
}

/** All cases of a contract for one subject, those that do not apply included. */
export function notesOf<Ability extends string>(
  contract: string,
  subject: string,
  cases: readonly Omit<ContractCase<never, Ability>, 'check'>[],
  cannot: Inabilities<Ability>,
): readonly CaseNote[] {
  return cases.map(({ rule, needs = [] }) => {
    const missing = needs.find((ability) => cannot[ability] !== undefined)
    const why = missing === undefined ? undefined : cannot[missing]
    return { contract, subject, rule, ...(why === undefined ? {} : { leftOut: why }) }
  })
}
