/** Keys of Secrets by owner. Most owners have one Secret, so a Set is created only for the second. */
export class OwnerIndex {
  readonly #keys = new Map<string, string | Set<string>>()

  /** In the order in which they were added. */
  of(owner: string): readonly string[] {
    const keys = this.#keys.get(owner)
    return keys === undefined ? [] : typeof keys === 'string' ? [keys] : [...keys]
  }

  add(owner: string, key: string): void {
    const keys = this.#keys.get(owner)
    if (keys === undefined) this.#keys.set(owner, key)
    else if (typeof keys !== 'string') keys.add(key)
    else if (keys !== key) this.#keys.set(owner, new Set([keys, key]))
  }

  delete(owner: string, key: string): void {
    const keys = this.#keys.get(owner)
    if (keys === key) this.#keys.delete(owner)
    if (keys === undefined || typeof keys === 'string') return
    keys.delete(key)
    if (keys.size === 0) this.#keys.delete(owner)
  }
}
