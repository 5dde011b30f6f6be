/** A deliberate defect: a text in one file and its replacement. */
export interface Mutant {
  /** Behavior of the defective product. */
  readonly name: string
  /** Path from the root of the repository. */
  readonly file: string
  /** Occurs exactly once. */
  readonly search: string
  readonly replacement: string
}

/** Applies the mutant to a source. @throws Error unless the text occurs exactly once */
export function mutate(source: string, { name, file, search, replacement }: Mutant): string {
  const parts = source.split(search)
  if (parts.length !== 2) {
    throw new Error(
      `mutant "${name}": its text occurs ${parts.length - 1} times in ${file}; adapt e2e/chaos/src/mutants`,
    )
  }
  return parts.join(replacement)
}
