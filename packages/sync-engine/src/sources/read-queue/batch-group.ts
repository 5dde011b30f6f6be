import { namespaceOf } from '../../model/resource.ts'

/** Waiting items that may share a call. Namespaces take turns, urgent items go first. */
export class BatchGroup<T extends { readonly reader: string }> {
  readonly #urgent = new Map<string, Set<T>>()
  readonly #refresh = new Map<string, Set<T>>()

  get isEmpty(): boolean {
    return this.#urgent.size === 0 && this.#refresh.size === 0
  }

  push(item: T, isUrgent: boolean): void {
    const namespaces = isUrgent ? this.#urgent : this.#refresh
    const namespace = namespaceOf(item.reader)
    const waiting = namespaces.get(namespace)
    if (waiting === undefined) namespaces.set(namespace, new Set([item]))
    else waiting.add(item)
  }

  remove(item: T, isUrgent: boolean): void {
    const namespaces = isUrgent ? this.#urgent : this.#refresh
    const namespace = namespaceOf(item.reader)
    const waiting = namespaces.get(namespace)
    if (waiting?.delete(item) !== true) return
    namespaces.delete(namespace)
    // A removed item has had its turn.
    if (waiting.size > 0) namespaces.set(namespace, waiting)
  }

  /** Up to `limit` items in the order of their turns. */
  candidates(limit: number): readonly T[] {
    const found: T[] = []
    for (const namespaces of [this.#urgent, this.#refresh]) {
      const lines = [...namespaces.values()].map((items) => items.values())
      while (lines.length > 0 && found.length < limit) {
        const line = lines.shift()
        const next = line?.next()
        if (line === undefined || next === undefined || next.done === true) continue
        found.push(next.value)
        lines.push(line)
      }
    }
    return found
  }
}
