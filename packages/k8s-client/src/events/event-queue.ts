import type { EventSeries } from './event-aggregator.ts'

/** Waiting events of one namespace, the oldest first. */
interface Line {
  readonly warnings: EventSeries[]
  readonly others: EventSeries[]
}

/**
 * Bounded queue of events to write. Namespaces take turns, so that the warnings of one do not hold back the events of others. Within a
 * namespace warnings go first, each in order. The oldest event of the namespace with the most is evicted, because the latest state matters
 * most.
 */
export class EventQueue {
  readonly #limit: number
  /** By path of the events. The namespace served last comes last. */
  readonly #lines = new Map<string, Line>()
  #size = 0

  /** @param limit maximum number of events */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#size
  }

  /** @returns the evicted event: the oldest one of the namespace with the most, warnings last */
  push(series: EventSeries): EventSeries | undefined {
    const { path, type } = series
    const line = this.#lines.get(path) ?? { warnings: [], others: [] }
    this.#lines.set(path, line)
    const { warnings, others } = line
    if (type === 'Warning') warnings.push(series)
    else others.push(series)
    this.#size += 1
    return this.#size > this.#limit ? this.#evict() : undefined
  }

  /** Removes the event to write next. */
  shift(): EventSeries | undefined {
    for (const [path, line] of this.#lines) {
      const series = line.warnings.shift() ?? line.others.shift()
      this.#lines.delete(path)
      if (series === undefined) continue
      this.#size -= 1
      if (sizeOf(line) > 0) this.#lines.set(path, line)
      return series
    }
    return undefined
  }

  /** @returns the number of events that were removed */
  clear(): number {
    const size = this.#size
    this.#lines.clear()
    this.#size = 0
    return size
  }

  #evict(): EventSeries | undefined {
    let longest: readonly [path: string, line: Line] | undefined
    for (const entry of this.#lines) if (longest === undefined || isLonger(entry[1], longest[1])) longest = entry
    if (longest === undefined) return undefined
    const [path, line] = longest
    const series = line.others.shift() ?? line.warnings.shift()
    if (sizeOf(line) === 0) this.#lines.delete(path)
    this.#size -= 1
    return series
  }
}

function sizeOf({ warnings, others }: Line): number {
  return warnings.length + others.length
}

/** Of two lines with as many events, the one with an event that is no warning counts as longer. */
function isLonger(line: Line, than: Line): boolean {
  const difference = sizeOf(line) - sizeOf(than)
  return difference > 0 || (difference === 0 && line.others.length > 0 && than.others.length === 0)
}
