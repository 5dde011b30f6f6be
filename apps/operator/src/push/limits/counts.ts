/** Counts by name; a name whose count is zero takes no memory. */
export class Counts {
  readonly #counts = new Map<string, number>()
  #total = 0

  get total(): number {
    return this.#total
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  add(name: string, change: number): void {
    const count = this.of(name) + change
    this.#total += change
    if (count === 0) this.#counts.delete(name)
    else this.#counts.set(name, count)
  }
}
