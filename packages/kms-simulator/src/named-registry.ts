/** Objects by name, such as keys or roles. Deleted objects are kept, so that they can be restored. */
export class NamedRegistry<T> {
  readonly #nameOf: (item: T) => string
  readonly #live = new Map<string, T>()
  readonly #deleted = new Map<string, T>()

  constructor(items: Iterable<T>, nameOf: (item: T) => string) {
    this.#nameOf = nameOf
    for (const item of items) this.put(item)
  }

  /** Undefined if it does not exist or was deleted. */
  get(name: string): T | undefined {
    return this.#live.get(name)
  }

  /** All objects, without deleted ones. */
  list(): T[] {
    return [...this.#live.values()]
  }

  /** The object, even if it was deleted. */
  lastKnown(name: string): T | undefined {
    return this.#live.get(name) ?? this.#deleted.get(name)
  }

  put(item: T): void {
    const name = this.#nameOf(item)
    this.#live.set(name, item)
    this.#deleted.delete(name)
  }

  /** False if there is no object of that name. */
  delete(name: string): boolean {
    const item = this.#live.get(name)
    if (item === undefined) return false
    this.#live.delete(name)
    this.#deleted.set(name, item)
    return true
  }
}
