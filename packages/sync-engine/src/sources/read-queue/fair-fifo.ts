import type { Linked } from './fifo.ts'
import { WaitingLine } from './waiting-line.ts'

/** Groups take turns, regardless of their size; within a group first in, first out. Items can also be removed from the middle. */
export class FairFifo<T extends Linked<T>> {
  /** In the order of their turns. */
  readonly #groups = new Map<string, WaitingLine<T>>()
  readonly #isUrgent: boolean
  readonly #groupOf: (item: T) => string
  #size = 0

  /** @param groupOf constant while an item waits */
  constructor(isUrgent: boolean, groupOf: (item: T) => string) {
    this.#isUrgent = isUrgent
    this.#groupOf = groupOf
  }

  get size(): number {
    return this.#size
  }

  /** The item whose turn it is. */
  get first(): T | undefined {
    for (const { first } of this.#groups.values()) return first
    return undefined
  }

  /** Number of waiting items of a group. */
  sizeOf(group: string): number {
    return this.#groups.get(group)?.size ?? 0
  }

  push(item: T): void {
    const group = this.#groupOf(item)
    const line = this.#groups.get(group) ?? new WaitingLine<T>(this.#isUrgent)
    line.push(item)
    this.#groups.set(group, line)
    this.#size += 1
  }

  /** Removes an item; `isServed` ends the turn of its group. */
  remove(item: T, { isServed = false }: { readonly isServed?: boolean } = {}): void {
    const group = this.#groupOf(item)
    const line = this.#groups.get(group)
    if (line === undefined) throw new Error('the item is not in this list')
    line.remove(item)
    this.#size -= 1
    if (line.size === 0 || isServed) this.#groups.delete(group)
    if (line.size > 0 && isServed) this.#groups.set(group, line)
  }
}
