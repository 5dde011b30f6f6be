import { namespaceOf, resourceKey } from '../model/resource.ts'
import { FairQueue } from '../queue/fair-queue.ts'
import { PRIORITY } from '../queue/priority.ts'

interface Waiting {
  readonly begin: () => void
  readonly namespaces: Set<string>
}

/**
 * Lists that wait for their turn. Namespaces take turns, so that many lists of one delay no other namespace. A list that several namespaces
 * need is due when the first of them is.
 */
export class WaitingSweeps {
  /** Lists in the line of each namespace. */
  readonly #lines = new FairQueue(namespaceOf)
  readonly #waiting = new Map<string, Waiting>()

  get size(): number {
    return this.#waiting.size
  }

  /** @param key of the list, which must not be waiting */
  add(key: string, namespaces: Iterable<string>, begin: () => void): void {
    this.#waiting.set(key, { begin, namespaces: new Set() })
    for (const namespace of namespaces) this.join(key, namespace)
  }

  /** One more namespace needs a list, if it is waiting. */
  join(key: string, namespace: string): void {
    const waiting = this.#waiting.get(key)
    if (waiting === undefined || waiting.namespaces.has(namespace)) return
    waiting.namespaces.add(namespace)
    this.#lines.add(resourceKey({ namespace, name: key }), PRIORITY.routine)
  }

  remove(key: string): void {
    for (const namespace of this.#waiting.get(key)?.namespaces ?? []) {
      this.#lines.remove(resourceKey({ namespace, name: key }), PRIORITY.routine)
    }
    this.#waiting.delete(key)
  }

  /** Removes the list whose turn it is, and begins it. @returns false if none waits */
  beginNext(): boolean {
    const next = this.#lines.take()
    if (next === undefined) return false
    const key = next.slice(namespaceOf(next).length + 1)
    const begin = this.#waiting.get(key)?.begin
    this.remove(key)
    begin?.()
    return true
  }
}
