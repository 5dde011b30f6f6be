import { namespaceOf } from '../../model/resource.ts'
import { FairFifo } from './fair-fifo.ts'
import type { Linked } from './fifo.ts'
import type { ReadBudget } from './read-budget.ts'
import type { WaitingLine } from './waiting-line.ts'

/** An item of {@link NamespaceTurns}. */
export interface TurnItem<T extends TurnItem<T>> extends Linked<T> {
  /** The resource that reads, `namespace/name`. Constant while the item waits. */
  reader: string
  /** Limit of its store, if that has one. Constant while the item waits, except for its value. */
  budget: ReadBudget | undefined
}

interface Turn<T extends TurnItem<T>> {
  readonly urgent: FairFifo<T>
  readonly refresh: FairFifo<T>
}

/**
 * The waiting items of one quota. Namespaces take turns, regardless of their size. Within a namespace urgent items go first, and
 * its resources take turns.
 */
export class NamespaceTurns<T extends TurnItem<T>> {
  /** In the order of their turns. */
  readonly #namespaces = new Map<string, Turn<T>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The lines of all groups, in the order of their turns. */
  *lines(): Generator<WaitingLine<T>> {
    for (const { urgent, refresh } of this.#namespaces.values()) {
      yield* urgent.lines()
      yield* refresh.lines()
    }
  }

  push(item: T, isUrgent: boolean): void {
    const namespace = namespaceOf(item.reader)
    let turn = this.#namespaces.get(namespace)
    if (turn === undefined) {
      turn = { urgent: new FairFifo<T>(true, groupOf), refresh: new FairFifo<T>(false, groupOf) }
      this.#namespaces.set(namespace, turn)
    }
    turn[isUrgent ? 'urgent' : 'refresh'].push(item)
    this.#size += 1
  }

  /** Removes an item; `isServed` ends the turns of its namespace and group. */
  remove(item: T, options: { readonly isUrgent: boolean; readonly isServed?: boolean }): void {
    const namespace = namespaceOf(item.reader)
    const turn = this.#namespaces.get(namespace)
    if (turn === undefined) throw new Error('the item is not in this list')
    turn[options.isUrgent ? 'urgent' : 'refresh'].remove(item, options)
    this.#size -= 1
    const isEmpty = turn.urgent.size + turn.refresh.size === 0
    if (isEmpty || options.isServed === true) this.#namespaces.delete(namespace)
    if (!isEmpty && options.isServed === true) this.#namespaces.set(namespace, turn)
  }
}

/** Groups by resource and store, so that the limit of a store delays nothing else. */
function groupOf<T extends TurnItem<T>>({ reader, budget }: T): string {
  return budget === undefined ? reader : `${reader} ${budget.store}`
}
