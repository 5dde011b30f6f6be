import { namespaceOf } from '../../model/resource.ts'
import { FairFifo } from './fair-fifo.ts'
import type { Linked } from './fifo.ts'
import type { ReadBudget } from '../../model/source-reading.ts'

/** An item of {@link ReadTurns}. */
export interface TurnItem<T extends TurnItem<T>> extends Linked<T> {
  /** The resource whose turn the read takes, `namespace/name`. Constant while the item waits. */
  reader: string
  /** Limit of its store, if it has one. Constant while the item waits, except for the number. */
  budget: ReadBudget | undefined
}

/** Reads that the same limit allows. Urgent ones go first; resources take turns. */
class Turn<T extends TurnItem<T>> {
  readonly urgent = new FairFifo<T>(true, readerOf)
  readonly refresh = new FairFifo<T>(false, readerOf)

  get size(): number {
    return this.urgent.size + this.refresh.size
  }

  get first(): T | undefined {
    return this.urgent.first ?? this.refresh.first
  }
}

/** A namespace, or a limited store that namespaces share. */
interface Flow<T extends TurnItem<T>> {
  /** The shared store. */
  readonly store: string | undefined
  /** By namespace if the store is shared; otherwise by store, with `''` for all stores without a limit. In the order of their turns. */
  readonly turns: Map<string, Turn<T>>
  size: number
  /** Reads of a shared store since its last turn ended. */
  served: number
}

/** Reads that wait for the same store; `store` is undefined for reads without a store limit. */
export interface WaitingReads {
  readonly store: string | undefined
  readonly size: number
}

/**
 * The waiting reads of one quota queue. Namespaces take turns, regardless of how many reads wait in each. A limited ClusterSecretStore has
 * separate turns, one for each namespace that waits for it, in a separate order. Otherwise a namespace that also reads elsewhere would miss
 * the tokens of the store. A limited SecretStore takes the turns of its namespace, so that creating stores gains none.
 */
export class ReadTurns<T extends TurnItem<T>> {
  /** In the order of their turns. */
  readonly #flows = new Map<string, Flow<T>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The item whose turn it is, among those whose store is ready and whose namespace may be served. */
  first(isReady: (store: string) => boolean, mayServe: (namespace: string) => boolean): T | undefined {
    for (const [key, { store: shared, turns }] of this.#flows) {
      if (shared === undefined ? !mayServe(key) : !isReady(shared)) continue
      let refresh: T | undefined
      for (const [store, turn] of turns) {
        if (shared !== undefined && !mayServe(store)) continue
        if (shared !== undefined) return turn.first
        if (store !== '' && !isReady(store)) continue
        if (turn.urgent.size > 0) return turn.first
        refresh ??= turn.first
      }
      if (refresh !== undefined) return refresh
    }
    return undefined
  }

  /** Number of waiting reads by store, without stores of which no namespace may be served. A store may occur more than once. */
  *waiting(mayServe: (namespace: string) => boolean = () => true): Generator<WaitingReads> {
    for (const [key, { store: shared, turns, size }] of this.#flows) {
      if (shared === undefined ? !mayServe(key) : !hasKey(turns, mayServe)) continue
      if (shared !== undefined) yield { store: shared, size }
      else for (const [store, turn] of turns) yield { store: store === '' ? undefined : store, size: turn.size }
    }
  }

  /** Number of reads in the line in which `item` would wait for `reader`, including `item` if it waits there. */
  sizeAround(item: T, reader: string): number {
    const { flow, turn } = turnKeysOf({ reader, budget: item.budget })
    return this.#flows.get(flow)?.turns.get(turn)?.size ?? 0
  }

  /** How many of {@link sizeAround} wait for `reader`. */
  sizeOfLine(item: T, reader: string): number {
    const { flow, turn } = turnKeysOf({ reader, budget: item.budget })
    const lines = this.#flows.get(flow)?.turns.get(turn)
    return lines === undefined ? 0 : lines.urgent.sizeOf(reader) + lines.refresh.sizeOf(reader)
  }

  push(item: T, isUrgent: boolean): void {
    const keys = turnKeysOf(item)
    const flow = this.#flows.get(keys.flow) ?? { store: keys.store, turns: new Map(), size: 0, served: 0 }
    const turn = flow.turns.get(keys.turn) ?? new Turn<T>()
    turn[isUrgent ? 'urgent' : 'refresh'].push(item)
    flow.turns.set(keys.turn, turn)
    flow.size += 1
    this.#flows.set(keys.flow, flow)
    this.#size += 1
  }

  /** Removes an item; `isServed` ends the turns that selected it. */
  remove(item: T, options: { readonly isUrgent: boolean; readonly isServed?: boolean }): void {
    const keys = turnKeysOf(item)
    const flow = this.#flows.get(keys.flow)
    const turn = flow?.turns.get(keys.turn)
    if (flow === undefined || turn === undefined) throw new Error('the item is not in this list')
    turn[options.isUrgent ? 'urgent' : 'refresh'].remove(item, options)
    this.#size -= 1
    flow.size -= 1
    endTurn(flow.turns, keys.turn, turn.size === 0, options.isServed)
    if (options.isServed === true) flow.served += 1
    const isOver = options.isServed === true && (flow.store === undefined || flow.served >= flow.turns.size)
    if (isOver) flow.served = 0
    endTurn(this.#flows, keys.flow, flow.turns.size === 0, isOver)
  }
}

function hasKey(map: ReadonlyMap<string, unknown>, isWanted: (key: string) => boolean): boolean {
  for (const key of map.keys()) if (isWanted(key)) return true
  return false
}

/** Drops empty groups, and moves the others to the end if `isServed`. */
function endTurn<V>(turns: Map<string, V>, key: string, isEmpty: boolean, isServed: boolean = false): void {
  const value = turns.get(key)
  if (value === undefined || (!isEmpty && !isServed)) return
  turns.delete(key)
  if (!isEmpty) turns.set(key, value)
}

interface TurnKeys {
  readonly flow: string
  readonly store: string | undefined
  readonly turn: string
}

function turnKeysOf({ reader, budget }: Pick<TurnItem<never>, 'reader' | 'budget'>): TurnKeys {
  const namespace = namespaceOf(reader)
  if (budget?.isShared !== true) return { flow: namespace, store: undefined, turn: budget?.store ?? '' }
  // No namespace has a slash in its name.
  return { flow: `/${budget.store}`, store: budget.store, turn: namespace }
}

function readerOf<T extends TurnItem<T>>({ reader }: T): string {
  return reader
}
