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

  /** Runs `work` as soon as a slot is free. The queue is unbounded: limit the number of callers. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#held >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#held += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      // The slot passes directly to the next in the queue, so that a new caller cannot overtake it.
      if (next) next()
      else this.#held -= 1
    }
  }
}
