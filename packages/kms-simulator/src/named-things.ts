/** Things by name, such as keys or roles. A deleted one is remembered, so that it can be brought back as it was. */
export class NamedThings<T> {
  readonly #nameOf: (thing: T) => string
  readonly #live = new Map<string, T>()
  readonly #deleted = new Map<string, T>()

  constructor(things: Iterable<T>, nameOf: (thing: T) => string) {
    this.#nameOf = nameOf
    for (const thing of things) this.put(thing)
  }

  /** If it exists and was not deleted. */
  get(name: string): T | undefined {
    return this.#live.get(name)
  }

  /** All that exist. */
  list(): T[] {
    return [...this.#live.values()]
  }

  /** As it is, or as it was when it was deleted. */
  lastKnown(name: string): T | undefined {
    return this.#live.get(name) ?? this.#deleted.get(name)
  }

  put(thing: T): void {
    const name = this.#nameOf(thing)
    this.#live.set(name, thing)
    this.#deleted.delete(name)
  }

  /** False when there is none of that name. */
  delete(name: string): boolean {
    const thing = this.#live.get(name)
    if (thing === undefined) return false
    this.#live.delete(name)
    this.#deleted.set(name, thing)
    return true
  }
}
