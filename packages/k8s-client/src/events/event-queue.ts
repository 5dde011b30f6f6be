import type { EventSeries } from './event-aggregator.ts'

/** Events that wait to be written: warnings before the rest, each in order. Bounded: what is told last is what counts. */
export class EventQueue {
  readonly #limit: number
  readonly #warnings: EventSeries[] = []
  readonly #others: EventSeries[] = []

  /** @param limit events at once */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#warnings.length + this.#others.length
  }

  /** @returns the one that had to go for it: the oldest, and no warning as long as there is anything else */
  push(series: EventSeries): EventSeries | undefined {
    const line = series.type === 'Warning' ? this.#warnings : this.#others
    line.push(series)
    return this.size > this.#limit ? (this.#others.shift() ?? this.#warnings.shift()) : undefined
  }

  /** The one to be written next. */
  shift(): EventSeries | undefined {
    return this.#warnings.shift() ?? this.#others.shift()
  }

  /** @returns how many there were */
  clear(): number {
    const { size } = this
    this.#warnings.length = 0
    this.#others.length = 0
    return size
  }
}
