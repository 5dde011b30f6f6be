import { checkLimits } from './check-limits.ts'

/** At most `limit` holders at once; the rest wait in order. */
export class Semaphore {
  readonly #limit: number
  readonly #waiting: Array<() => void> = []
  #held = 0

  constructor(limit: number) {
    checkLimits({ limit })
    this.#limit = limit
  }

  /** Runs `work` when a place is free. The queue is as long as its callers are many: bound those. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#held >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#held += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      // The place passes straight to the next in line, so that a newcomer cannot slip in between.
      if (next) next()
      else this.#held -= 1
    }
  }
}
