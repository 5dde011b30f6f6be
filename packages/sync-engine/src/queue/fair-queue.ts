/** Priorities range from 0, the highest, to this. */
const LOWEST_PRIORITY = 2

/**
 * A queue of distinct keys. Groups take turns, regardless of their size. Within a group, lower priority numbers go first, in
 * order of arrival.
 */
export class FairQueue {
  readonly #groupOf: (key: string) => string
  /** One line for each priority, by group; the group served last comes last. */
  readonly #groups = new Map<string, readonly Set<string>[]>()
  #size = 0

  constructor(groupOf: (key: string) => string) {
    this.#groupOf = groupOf
  }

  get size(): number {
    return this.#size
  }

  /** A key that waits at this priority keeps its turn. It must not wait at another one. */
  add(key: string, priority: number): void {
    const group = this.#groupOf(key)
    let lines = this.#groups.get(group)
    if (lines === undefined) {
      lines = Array.from({ length: LOWEST_PRIORITY + 1 }, () => new Set())
      this.#groups.set(group, lines)
    }
    if (lines[priority]?.has(key) === true) return
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

  /** Removes and returns the next key. Groups that `mayHave` rejects keep their turn. */
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
