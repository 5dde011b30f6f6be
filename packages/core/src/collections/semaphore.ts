import { checkLimits } from './check-limits.ts'

/** At most `limit` holders at once. The rest wait: groups take turns, and within a group the order is kept. */
export class Semaphore {
  readonly #limit: number
  /** Callers that wait, by group; the group that was served last comes last. */
  readonly #groups = new Map<string, Set<() => void>>()
  #held = 0

  constructor(limit: number) {
    checkLimits({ limit })
    this.#limit = limit
  }

  /**
   * Runs `work` as soon as a slot is free. The queue is unbounded: limit the number of callers.
   * @param group callers that share their turns @default one group for all
   */
  async run<T>(work: () => Promise<T>, group: string = ''): Promise<T> {
    if (this.#held >= this.#limit) await new Promise<void>((resolve) => this.#add(group, resolve))
    else this.#held += 1
    try {
      return await work()
    } finally {
      const next = this.#take()
      // The slot passes directly to the next in the queue, so that a new caller cannot overtake it.
      if (next) next()
      else this.#held -= 1
    }
  }

  #add(group: string, start: () => void): void {
    const waiting = this.#groups.get(group)
    if (waiting) waiting.add(start)
    else this.#groups.set(group, new Set([start]))
  }

  #take(): (() => void) | undefined {
    const [first] = this.#groups
    if (first === undefined) return undefined
    const [group, waiting] = first
    const [next] = waiting
    this.#groups.delete(group)
    if (next) waiting.delete(next)
    if (waiting.size > 0) this.#groups.set(group, waiting)
    return next
  }
}
