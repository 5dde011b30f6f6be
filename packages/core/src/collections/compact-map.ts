/**
 * A map that usually has one entry. A `Map` reserves room for four entries: about 180 bytes, which thousands of maps would waste.
 * Keeps the order of insertion, like `Map`. The types of its iterators are those of `Map`, which differ between versions of TypeScript.
 */
export class CompactMap<Key, Value> implements ReadonlyMap<Key, Value> {
  #key: Key | undefined
  #value: Value | undefined
  /** Whether `#key` and `#value` are the only entry. */
  #isSingle = false
  /** All entries, if there have been several. */
  #all: Map<Key, Value> | undefined

  get size(): number {
    return this.#all?.size ?? (this.#isSingle ? 1 : 0)
  }

  get(key: Key): Value | undefined {
    return this.#all ? this.#all.get(key) : this.has(key) ? this.#value : undefined
  }

  has(key: Key): boolean {
    return this.#all?.has(key) ?? (this.#isSingle && this.#key === key)
  }

  set(key: Key, value: Value): this {
    if (!this.#all && (!this.#isSingle || this.#key === key)) {
      this.#key = key
      this.#value = value
      this.#isSingle = true
      return this
    }
    this.#all ??= this.#entries()
    this.#key = undefined
    this.#value = undefined
    this.#all.set(key, value)
    return this
  }

  delete(key: Key): boolean {
    if (this.#all) return this.#all.delete(key)
    if (!this.has(key)) return false
    this.#key = undefined
    this.#value = undefined
    this.#isSingle = false
    return true
  }

  forEach(callback: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this) callback(value, key, this)
  }

  keys(): ReturnType<Map<Key, Value>['keys']> {
    return this.#entries().keys()
  }

  values(): ReturnType<Map<Key, Value>['values']> {
    return this.#entries().values()
  }

  entries(): ReturnType<Map<Key, Value>['entries']> {
    return this.#entries().entries()
  }

  [Symbol.iterator](): ReturnType<Map<Key, Value>['entries']> {
    return this.entries()
  }

  #entries(): Map<Key, Value> {
    // Both fields are set while `#isSingle` is true.
    return this.#all ?? new Map(this.#isSingle ? [[this.#key as Key, this.#value as Value]] : [])
  }
}
