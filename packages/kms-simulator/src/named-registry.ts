/** Things by name, such as keys or roles. A deleted one is remembered, so that it can be brought back as it was. */
export class NamedRegistry<T> {
  readonly #nameOf: (item: T) => string
  readonly #live = new Map<string, T>()
  readonly #deleted = new Map<string, T>()

  constructor(items: Iterable<T>, nameOf: (item: T) => string) {
    this.#nameOf = nameOf
    for (const item of items) this.put(item)
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

  put(item: T): void {
    const name = this.#nameOf(item)
    this.#live.set(name, item)
    this.#deleted.delete(name)
  }

  /** False when there is none of that name. */
  delete(name: string): boolean {
    const item = this.#live.get(name)
    if (item === undefined) return false
    this.#live.delete(name)
    this.#deleted.set(name, item)
    return true
  }
}
