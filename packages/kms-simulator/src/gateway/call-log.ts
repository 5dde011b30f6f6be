/** The key of a counter. */
export interface CallFacts {
  readonly action: string
  /** Name of the secret, parameter or role; empty for other actions. */
  readonly secret: string
  /** Claimed sender of the request: an assumed role, or the id of an access key or a client key. */
  readonly identity: string
  /** `OK`, the error code, or the injected fault. */
  readonly result: string
}

/** One line of the log. */
export interface CallCount extends CallFacts {
  readonly count: number
}

interface Line extends CallFacts {
  count: number
}

/** Placeholder for secret and identity when the log is full. */
const OTHERS = '(others)'

/** Counts calls. The total is always exact; beyond `limit` distinct lines new secrets are counted together. */
export class CallLog {
  readonly #lines = new Map<string, Line>()
  readonly #limit: number
  #total = 0

  /** @param options.limit distinct lines, default 100,000 */
  constructor(options: { readonly limit?: number } = {}) {
    this.#limit = options.limit ?? 100_000
  }

  get total(): number {
    return this.#total
  }

  record(facts: CallFacts): void {
    this.#total += 1
    const line = this.#line(facts) ?? this.#line({ ...facts, secret: OTHERS, identity: OTHERS }, true)
    if (line !== undefined) line.count += 1
  }

  list(): CallCount[] {
    return [...this.#lines.values()].map((line) => ({ ...line }))
  }

  clear(): void {
    this.#lines.clear()
    this.#total = 0
  }

  #line(facts: CallFacts, beyondLimit = false): Line | undefined {
    const key = `${facts.action}\n${facts.secret}\n${facts.identity}\n${facts.result}`
    const known = this.#lines.get(key)
    if (known !== undefined || (this.#lines.size >= this.#limit && !beyondLimit)) return known
    const line = { ...facts, count: 0 }
    this.#lines.set(key, line)
    return line
  }
}
