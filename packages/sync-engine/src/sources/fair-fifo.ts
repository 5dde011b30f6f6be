import type { Linked } from './fifo.ts'
import { WaitingLine } from './waiting-line.ts'

/** An item of a {@link FairFifo}. */
export interface Grouped<T extends Grouped<T>> extends Linked<T> {
  /** Items of one group share its turns. */
  readonly group: string
}

/** Groups take turns, however many items they have; within a group first in, first out. Every item can also leave from the middle. */
export class FairFifo<T extends Grouped<T>> {
  /** In the order of their turns. */
  readonly #groups = new Map<string, WaitingLine<T>>()
  readonly #isUrgent: boolean
  #size = 0

  constructor(isUrgent: boolean) {
    this.#isUrgent = isUrgent
  }

  /** The item whose turn it is. */
  get first(): T | undefined {
    const [fifo] = this.#groups.values()
    return fifo?.first
  }

  get size(): number {
    return this.#size
  }

  push(item: T): void {
    const line = this.#groups.get(item.group) ?? new WaitingLine<T>(this.#isUrgent)
    line.push(item)
    this.#groups.set(item.group, line)
    this.#size += 1
  }

  /** Takes out an item; `isServed` where it is its group's turn that ends by it. */
  remove(item: T, { isServed = false }: { readonly isServed?: boolean } = {}): void {
    const line = this.#groups.get(item.group)
    if (line === undefined) throw new Error('the item is not in this list')
    line.remove(item)
    this.#size -= 1
    if (line.size === 0 || isServed) this.#groups.delete(item.group)
    if (line.size > 0 && isServed) this.#groups.set(item.group, line)
  }
}
