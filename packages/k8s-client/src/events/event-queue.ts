import type { EventSeries } from './event-aggregator.ts'

/** Bounded queue of events to write: warnings first, each in order. The oldest is evicted, because the latest state matters most. */
export class EventQueue {
  readonly #limit: number
  readonly #warnings: EventSeries[] = []
  readonly #others: EventSeries[] = []

  /** @param limit maximum number of events */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#warnings.length + this.#others.length
  }

  /** @returns the evicted event: the oldest one, warnings last */
  push(series: EventSeries): EventSeries | undefined {
    const queue = series.type === 'Warning' ? this.#warnings : this.#others
    queue.push(series)
    return this.size > this.#limit ? (this.#others.shift() ?? this.#warnings.shift()) : undefined
  }

  /** Removes the event to write next. */
  shift(): EventSeries | undefined {
    return this.#warnings.shift() ?? this.#others.shift()
  }

  /** @returns the number of events that were removed */
  clear(): number {
    const { size } = this
    this.#warnings.length = 0
    this.#others.length = 0
    return size
  }
}
