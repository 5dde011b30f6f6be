/** Priorities from 0, which goes first, to this. */
const LOWEST_PRIORITY = 2

/**
 * Keys that wait, once each. Groups take turns, however many keys they have; within a group the lowest number goes first, and
 * among equals whoever came first.
 */
export class FairQueue {
  readonly #groupOf: (key: string) => string
  /** A line for each priority, by group; the group served last comes last. */
  readonly #groups = new Map<string, readonly Set<string>[]>()
  #size = 0

  constructor(groupOf: (key: string) => string) {
    this.#groupOf = groupOf
  }

  get size(): number {
    return this.#size
  }

  /** The key must not be waiting. */
  add(key: string, priority: number): void {
    const group = this.#groupOf(key)
    let lines = this.#groups.get(group)
    if (lines === undefined) {
      lines = Array.from({ length: LOWEST_PRIORITY + 1 }, () => new Set())
      this.#groups.set(group, lines)
    }
    lines[priority]?.add(key)
    this.#size += 1
  }

  /** The key must be waiting at this priority. */
  remove(key: string, priority: number): void {
    const group = this.#groupOf(key)
    const lines = this.#groups.get(group)
    if (lines?.[priority]?.delete(key) !== true) return
    this.#size -= 1
    if (isEmpty(lines)) this.#groups.delete(group)
  }

  /** Takes the key whose turn it is out of the line. Groups that may not have one now keep their turn. */
  take(mayHave: (group: string) => boolean = () => true): string | undefined {
    for (const [group, lines] of this.#groups) {
      const line = lines.find(({ size }) => size > 0)
      const [key] = line ?? []
      if (line === undefined || key === undefined || !mayHave(group)) continue
      line.delete(key)
      this.#size -= 1
      this.#groups.delete(group)
      if (!isEmpty(lines)) this.#groups.set(group, lines)
      return key
    }
    return undefined
  }

  clear(): void {
    this.#groups.clear()
    this.#size = 0
  }
}

function isEmpty(lines: readonly Set<string>[]): boolean {
  return lines.every(({ size }) => size === 0)
}
