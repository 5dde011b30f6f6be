/** References from owners to keys, with lookups in both directions. */
export class ReferenceIndex {
  readonly #keys = new Map<string, ReadonlySet<string>>()
  readonly #owners = new Map<string, Set<string>>()

  /**
   * Replaces the references of `owner`.
   * @returns keys that had no reference before, and keys that have none any more
   */
  set(
    owner: string,
    keys: Iterable<string>,
  ): { readonly added: readonly string[]; readonly removed: readonly string[] } {
    const before = this.#keys.get(owner)
    const after = new Set(keys)
    if (after.size > 0) this.#keys.set(owner, after)
    else this.#keys.delete(owner)
    return {
      added: [...after].filter((key) => this.#add(key, owner)),
      removed: [...(before ?? [])].filter((key) => !after.has(key) && this.#remove(key, owner)),
    }
  }

  /** Number of referenced keys. */
  get size(): number {
    return this.#owners.size
  }

  /** Owners that reference `key`, in order of their first reference. */
  ownersOf(key: string): readonly string[] {
    return [...(this.#owners.get(key) ?? [])]
  }

  /** All referenced keys, each once. */
  keys(): Iterable<string> {
    return this.#owners.keys()
  }

  /** Whether it is the first reference. */
  #add(key: string, owner: string): boolean {
    const owners = this.#owners.get(key)
    if (owners !== undefined) owners.add(owner)
    else this.#owners.set(key, new Set([owner]))
    return owners === undefined
  }

  /** Whether it was the last reference. */
  #remove(key: string, owner: string): boolean {
    const owners = this.#owners.get(key)
    owners?.delete(owner)
    return owners?.size === 0 && this.#owners.delete(key)
  }
}
