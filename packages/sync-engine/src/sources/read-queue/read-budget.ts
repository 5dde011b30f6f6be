import { AimdTokenBucket } from './rate-limit.ts'

/** The reads per second that a store allows. */
export interface ReadBudget {
  /** Names the store. */
  readonly store: string
  readonly maxPerSecond: number
}

/** The token buckets of stores, shared by all quota queues and kept while a source uses them. */
export class ReadBudgets {
  readonly #buckets = new Map<string, { bucket: AimdTokenBucket; maxPerSecond: number; users: number }>()

  join({ store, maxPerSecond }: ReadBudget): void {
    const users = (this.#buckets.get(store)?.users ?? 0) + 1
    this.#buckets.set(store, { ...this.#entry(store, maxPerSecond), users })
  }

  leave({ store }: ReadBudget): void {
    const entry = this.#buckets.get(store)
    if (entry === undefined) return
    entry.users -= 1
    if (entry.users === 0) this.#buckets.delete(store)
  }

  /** When the store allows the next read; now without a limit. */
  readyAtMs(budget: ReadBudget | undefined, nowMs: number): number {
    if (budget === undefined) return nowMs
    return this.#buckets.get(budget.store)?.bucket.readyAtMs(nowMs) ?? nowMs
  }

  take({ store }: ReadBudget, nowMs: number): void {
    this.#buckets.get(store)?.bucket.tryTake(nowMs)
  }

  #entry(store: string, maxPerSecond: number): { bucket: AimdTokenBucket; maxPerSecond: number } {
    const known = this.#buckets.get(store)
    return known?.maxPerSecond === maxPerSecond
      ? known
      : { bucket: new AimdTokenBucket({ maxPerSecond }), maxPerSecond }
  }
}
