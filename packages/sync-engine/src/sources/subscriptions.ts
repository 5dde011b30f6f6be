import { CompactMap } from '@ack-secret-manager/core'
import type { ReadBudget } from '../model/source-reading.ts'

/** One subscriber of one source. */
interface Subscription {
  intervalMs: number
  /** It has received a reading and is notified of changes since then. Before that, it reads anyway. */
  hasReading: boolean
  /** The generation of its last value, 0 for none. */
  generation: number
  /** The generation of the value that its target has, 0 if unknown. */
  written: number
}

/** The subscribers of a source, with their intervals and the last values they received. */
export class Subscriptions {
  readonly #bySubscriber = new CompactMap<string, Subscription>()
  /** The smallest interval; Infinity if polling is disabled. */
  #intervalMs = Infinity
  /** Limits of the subscribers' stores. Most stores have none. */
  #budgets: CompactMap<string, ReadBudget> | undefined
  #loosestBudget: ReadBudget | undefined

  get size(): number {
    return this.#bySubscriber.size
  }

  get intervalMs(): number {
    return this.#intervalMs
  }

  /** The highest limit of the subscribers' stores; undefined if one of them has none, because that one may read anyway. */
  get budget(): ReadBudget | undefined {
    return this.#budgets?.size === this.size ? this.#loosestBudget : undefined
  }

  has(subscriber: string): boolean {
    return this.#bySubscriber.has(subscriber)
  }

  names(): Iterable<string> {
    return this.#bySubscriber.keys()
  }

  /** Those of `waiters` that are subscribed, or else all subscribers. */
  readers(waiters: ReadonlyArray<{ readonly subscriber: string }>): Iterable<string> {
    if (waiters.length === 0) return this.names()
    const waiting = waiters.map(({ subscriber }) => subscriber).filter((subscriber) => this.has(subscriber))
    return waiting.length > 0 ? waiting : this.names()
  }

  /** Adds `subscriber` or changes its interval. Returns whether it is new. */
  join(subscriber: string, intervalMs: number): boolean {
    const known = this.#bySubscriber.get(subscriber)
    const beforeMs = known?.intervalMs ?? Infinity
    if (known) known.intervalMs = intervalMs
    else this.#bySubscriber.set(subscriber, { intervalMs, hasReading: false, generation: 0, written: 0 })
    this.#changed(beforeMs, intervalMs)
    return known === undefined
  }

  leave(subscriber: string): void {
    const known = this.#bySubscriber.get(subscriber)
    this.#bySubscriber.delete(subscriber)
    if (known) this.#changed(known.intervalMs, Infinity)
    this.limit(subscriber, undefined)
  }

  /** Sets the limit of the store of `subscriber`, if that has one. */
  limit(subscriber: string, budget: ReadBudget | undefined): void {
    const before = this.#budgets?.get(subscriber)
    if (budget) this.#budgets = (this.#budgets ?? new CompactMap<string, ReadBudget>()).set(subscriber, budget)
    else if (before) this.#budgets?.delete(subscriber)
    if (budget && isLooser(budget, this.#loosestBudget)) this.#loosestBudget = budget
    else if (before && before === this.#loosestBudget) this.#loosestBudget = loosestOf(this.#budgets)
  }

  /** `subscriber` receives a reading; `generation` is undefined if it has no value. */
  deliver(subscriber: string, generation: number | undefined): void {
    const known = this.#bySubscriber.get(subscriber)
    if (known === undefined) return
    known.hasReading = true
    if (generation !== undefined) known.generation = generation
  }

  /** The generation of the last value that `subscriber` received. */
  generationOf(subscriber: string): number {
    return this.#bySubscriber.get(subscriber)?.generation ?? 0
  }

  /** The target of `subscriber` has the last value that it received. */
  wrote(subscriber: string): void {
    const known = this.#bySubscriber.get(subscriber)
    if (known) known.written = known.generation
  }

  /** The generation of the value that the target of `subscriber` has; 0 if unknown. */
  writtenBy(subscriber: string): number {
    return this.#bySubscriber.get(subscriber)?.written ?? 0
  }

  /** Subscribers that have received a reading, without those in `except`. */
  subscribersWithReading(except: ReadonlySet<string>): readonly string[] {
    const names: string[] = []
    for (const [subscriber, { hasReading }] of this.#bySubscriber) {
      if (hasReading && !except.has(subscriber)) names.push(subscriber)
    }
    return names
  }

  #changed(beforeMs: number, afterMs: number): void {
    if (afterMs <= this.#intervalMs) this.#intervalMs = afterMs
    else if (beforeMs === this.#intervalMs) {
      this.#intervalMs = Infinity
      for (const { intervalMs } of this.#bySubscriber.values()) {
        this.#intervalMs = Math.min(this.#intervalMs, intervalMs)
        // No smaller interval exists, so the loop mostly ends at its first step.
        if (this.#intervalMs === beforeMs) break
      }
    }
  }
}

function loosestOf(budgets: CompactMap<string, ReadBudget> | undefined): ReadBudget | undefined {
  let loosest: ReadBudget | undefined
  for (const budget of budgets?.values() ?? []) if (isLooser(budget, loosest)) loosest = budget
  return loosest
}

function isLooser({ maxPerSecond }: ReadBudget, than: ReadBudget | undefined): boolean {
  return than === undefined || maxPerSecond > than.maxPerSecond
}
