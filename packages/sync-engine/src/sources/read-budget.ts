import type { Linked } from './fifo.ts'
import { AimdTokenBucket } from './rate-limit.ts'
import { WaitingLine } from './waiting-line.ts'

/** The reads per second that a store allows, and who draws on them. */
export interface ReadBudget {
  /** Names the store. */
  readonly store: string
  /** Of the resource that reads. Namespaces of one store take turns. */
  readonly namespace: string
  readonly maxPerSecond: number
}

/** The token buckets of stores, shared by all lanes in which their reads wait, and kept for as long as anything draws on them. */
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

  bucketOf({ store, maxPerSecond }: ReadBudget): AimdTokenBucket {
    return this.#buckets.get(store)?.bucket ?? new AimdTokenBucket({ maxPerSecond })
  }

  #entry(store: string, maxPerSecond: number): { bucket: AimdTokenBucket; maxPerSecond: number } {
    const known = this.#buckets.get(store)
    return known?.maxPerSecond === maxPerSecond
      ? known
      : { bucket: new AimdTokenBucket({ maxPerSecond }), maxPerSecond }
  }
}

interface Turn<T extends Linked<T>> {
  readonly urgent: WaitingLine<T>
  readonly refresh: WaitingLine<T>
}

/** What waits for the reads per second of one store: its namespaces take turns, and in each the urgent reads go first. */
export class BudgetLine<T extends Linked<T>> {
  /** The namespace that was served last comes last. */
  readonly #turns = new Map<string, Turn<T>>()
  size = 0

  push(item: T, namespace: string, urgent: boolean): void {
    let turn = this.#turns.get(namespace)
    if (turn === undefined) {
      turn = { urgent: new WaitingLine<T>(true), refresh: new WaitingLine<T>(false) }
      this.#turns.set(namespace, turn)
    }
    turn[urgent ? 'urgent' : 'refresh'].push(item)
    this.size += 1
  }

  /** Takes out an item that waits here; `isServed` where it is its namespace's turn that ends by it. */
  remove(item: T, namespace: string, { isServed = false }: { readonly isServed?: boolean } = {}): void {
    const turn = this.#turns.get(namespace)
    item.list?.remove(item)
    this.size -= 1
    if (turn === undefined) return
    const isEmpty = turn.urgent.size + turn.refresh.size === 0
    if (isEmpty || isServed) this.#turns.delete(namespace)
    if (!isEmpty && isServed) this.#turns.set(namespace, turn)
  }

  /** The next read, and whether a sync waits for it. */
  get next(): { readonly item: T; readonly isUrgent: boolean } | undefined {
    const [turn] = this.#turns.values()
    const urgent = turn?.urgent.first
    if (urgent !== undefined) return { item: urgent, isUrgent: true }
    const refresh = turn?.refresh.first
    return refresh && { item: refresh, isUrgent: false }
  }
}
