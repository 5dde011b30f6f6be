/** Workers that groups share by a dynamic threshold: a group may hold at most as many as are free, so one group never gets more than half. */
export class WorkerShares {
  readonly #size: number
  /** Number of workers by group; a group without any takes no memory. */
  readonly #heldBy = new Map<string, number>()
  #held = 0

  constructor(size: number) {
    this.#size = size
  }

  get held(): number {
    return this.#held
  }

  get areAllHeld(): boolean {
    return this.#held >= this.#size
  }

  mayTake(group: string): boolean {
    return (this.#heldBy.get(group) ?? 0) < this.#size - this.#held
  }

  take(group: string): void {
    this.#count(group, 1)
  }

  free(group: string): void {
    this.#count(group, -1)
  }

  #count(group: string, change: 1 | -1): void {
    const held = (this.#heldBy.get(group) ?? 0) + change
    if (held > 0) this.#heldBy.set(group, held)
    else this.#heldBy.delete(group)
    this.#held += change
  }
}
