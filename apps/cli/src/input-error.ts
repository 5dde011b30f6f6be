/** Number of problems that are printed; the others are counted. */
const MAX_PROBLEMS = 20

/** Invalid input files: one line for each problem, exit code 2. */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems[0])
    const more = problems.length - MAX_PROBLEMS
    this.problems = more > 0 ? [...problems.slice(0, MAX_PROBLEMS), `… and ${more} more problems`] : problems
  }
}
