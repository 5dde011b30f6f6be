import type { ReadBudget } from '../../model/source-reading.ts'
import { AimdTokenBucket } from './rate-limit.ts'

/** A store's token bucket, and the number of items that use it. */
interface Entry {
  readonly bucket: AimdTokenBucket
  readonly maxPerSecond: number
  users: number
}

/**
 * The token buckets of stores, shared by all quota queues in which their reads wait. An unused bucket is kept until it is full, because
 * leaving and joining again must not give new tokens.
 */
export class ReadBudgets {
  readonly #entries = new Map<string, Entry>()
  /** Unused stores, in the order in which they became unused. */
  readonly #unused = new Set<string>()

  get size(): number {
    return this.#entries.size
  }

  join({ store, maxPerSecond }: ReadBudget): void {
    const known = this.#entries.get(store)
    const users = (known?.users ?? 0) + 1
    const bucket = known?.maxPerSecond === maxPerSecond ? known.bucket : new AimdTokenBucket({ maxPerSecond })
    this.#entries.set(store, { bucket, maxPerSecond, users })
    this.#unused.delete(store)
  }

  leave({ store }: ReadBudget): void {
    const entry = this.#entries.get(store)
    if (entry === undefined) return
    entry.users -= 1
    if (entry.users === 0) this.#unused.add(store)
  }

  /** When the store allows the next read; now without a limit. */
  readyAtMs(store: string | undefined, nowMs: number): number {
    if (store === undefined) return nowMs
    return this.#entries.get(store)?.bucket.readyAtMs(nowMs) ?? nowMs
  }

  take({ store }: ReadBudget, nowMs: number): void {
    this.#entries.get(store)?.bucket.tryTake(nowMs)
  }

  /** Drops unused buckets that are full again. */
  prune(nowMs: number): void {
    for (const store of this.#unused) {
      if (this.#entries.get(store)?.bucket.isFull(nowMs) === false) return
      this.#entries.delete(store)
      this.#unused.delete(store)
    }
  }
}
