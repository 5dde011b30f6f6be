import { RE2JS } from 're2js'

/** Maximum number of cached results. */
const MAX_KNOWN = 10_000

const compiled = new WeakMap<readonly string[], NamespaceRegexes>()

/** The regular expressions of one condition. Compilation and matches are cached, because both are slow. */
export class NamespaceRegexes {
  /** Positions of the expressions that do not compile. They match nothing. */
  readonly broken: readonly number[]
  readonly #regexes: readonly RE2JS[]
  readonly #known = new Map<string, boolean>()

  private constructor(sources: readonly string[]) {
    const regexes = sources.map(compile)
    this.broken = [...regexes.keys()].filter((at) => regexes[at] === undefined)
    this.#regexes = regexes.filter((regex) => regex !== undefined)
  }

  /** @param sources cached by identity: must not be mutated */
  static of(sources: readonly string[]): NamespaceRegexes {
    const known = compiled.get(sources)
    if (known) return known
    const regexes = new NamespaceRegexes(sources)
    compiled.set(sources, regexes)
    return regexes
  }

  /** Whether any expression matches the whole name. */
  matches(namespace: string): boolean {
    const known = this.#known.get(namespace)
    if (known !== undefined) return known
    const matches = this.#regexes.some((regex) => regex.matches(namespace))
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(namespace, matches)
    return matches
  }
}

function compile(source: string): RE2JS | undefined {
  try {
    return RE2JS.compile(source)
  } catch {
    return undefined
  }
}
