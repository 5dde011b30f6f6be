export interface FairSlotsOptions {
  /** Total number of slots. */
  readonly limit: number
  /** The member received a slot. */
  readonly onGain: (member: string) => void
  /** The slot of the member went to a smaller group; the member waits again. */
  readonly onLose: (member: string) => void
}

interface Group {
  readonly holding: Set<string>
  readonly waiting: Set<string>
}

/**
 * Distributes a limited number of slots fairly among groups (max-min fairness). While a member of a group waits, no other group
 * holds two slots more than that group.
 */
export class FairSlots {
  readonly #options: FairSlotsOptions
  readonly #groups = new Map<string, Group>()
  #taken = 0

  constructor(options: FairSlotsOptions) {
    this.#options = options
  }

  /** Requests a slot for a member. */
  add(group: string, member: string): void {
    const { waiting } = this.#groupOf(group)
    waiting.add(member)
    this.#balance()
  }

  /** Removes a member. Its slot goes to the waiting group with the fewest slots. */
  remove(group: string, member: string): void {
    const { holding, waiting } = this.#groupOf(group)
    waiting.delete(member)
    if (holding.delete(member)) this.#taken -= 1
    if (holding.size + waiting.size === 0) this.#groups.delete(group)
    this.#balance()
  }

  #balance(): void {
    const { limit, onGain, onLose } = this.#options
    for (;;) {
      const smallest = this.#first(
        ({ waiting }) => waiting.size > 0,
        (a, b) => a.holding.size < b.holding.size,
      )
      const [next] = smallest?.waiting ?? []
      if (smallest === undefined || next === undefined) return
      if (this.#taken >= limit) {
        const largest = this.#first(
          () => true,
          (a, b) => a.holding.size > b.holding.size,
        )
        const last = [...(largest?.holding ?? [])].at(-1)
        if (largest === undefined || last === undefined || largest.holding.size - smallest.holding.size < 2) return
        largest.holding.delete(last)
        largest.waiting.add(last)
        this.#taken -= 1
        onLose(last)
      }
      smallest.waiting.delete(next)
      smallest.holding.add(next)
      this.#taken += 1
      onGain(next)
    }
  }

  #first(counts: (group: Group) => boolean, isBefore: (a: Group, b: Group) => boolean): Group | undefined {
    let first: Group | undefined
    for (const group of this.#groups.values()) {
      if (counts(group) && (first === undefined || isBefore(group, first))) first = group
    }
    return first
  }

  #groupOf(name: string): Group {
    const group = this.#groups.get(name) ?? { holding: new Set(), waiting: new Set() }
    this.#groups.set(name, group)
    return group
  }
}
