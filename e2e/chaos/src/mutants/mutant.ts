/** One way to break the product on purpose: a text in one file, and what stands there instead. */
export interface Mutant {
  /** What the broken product does. */
  readonly name: string
  /** From the root of the repository. */
  readonly file: string
  /** Occurs exactly once. */
  readonly search: string
  readonly replacement: string
}

/** Breaks a source. @throws Error when the text is not there, or more than once */
export function mutate(source: string, { name, file, search, replacement }: Mutant): string {
  const parts = source.split(search)
  if (parts.length !== 2) {
    throw new Error(`mutant "${name}": its text is ${parts.length - 1} times in ${file}; adapt e2e/chaos/src/mutants`)
  }
  return parts.join(replacement)
}
