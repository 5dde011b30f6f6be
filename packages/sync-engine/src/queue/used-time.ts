/**
 * Start-time fair queueing: groups get the same time, not the same number of turns. The group that has used the least time is next. An idle
 * group earns no credit.
 */
export class UsedTime {
  /** Only of groups that have used more than {@link #nowMs}. */
  readonly #usedMs = new Map<string, number>()
  /** Begin of the latest turn. */
  #nowMs = 0

  /** The groups that have used the least time. */
  least(groups: Iterable<string>): ReadonlySet<string> {
    const used = [...groups].map((group) => [group, this.#of(group)] as const)
    const leastMs = Math.min(...used.map(([, ms]) => ms))
    return new Set(used.filter(([, ms]) => ms === leastMs).map(([group]) => group))
  }

  /** A turn of the group begins. */
  begin(group: string): void {
    this.#nowMs = this.#of(group)
    for (const [each, ms] of this.#usedMs) if (ms <= this.#nowMs) this.#usedMs.delete(each)
  }

  /** A turn of the group has taken this long. */
  add(group: string, ms: number): void {
    if (ms > 0) this.#usedMs.set(group, this.#of(group) + ms)
  }

  #of(group: string): number {
    return Math.max(this.#usedMs.get(group) ?? 0, this.#nowMs)
  }
}
