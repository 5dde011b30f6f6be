/** More than that of one target during one call: the oldest are let through. */
const MAX_EVENTS = 64

interface Calls<E> {
  count: number
  readonly events: E[]
}

/**
 * Holds back what the watch tells of a target while calls of ours that change it are under way: the watch often tells of
 * our own write before its answer has come.
 */
export class HeldEvents<E> {
  readonly #byKey = new Map<string, Calls<E>>()

  /** A call begins. */
  hold(key: string): void {
    const calls = this.#byKey.get(key) ?? { count: 0, events: [] }
    calls.count += 1
    this.#byKey.set(key, calls)
  }

  /** Whether a call is under way. */
  holds(key: string): boolean {
    return this.#byKey.has(key)
  }

  /** An event comes; returns what is to be handled now. */
  take(key: string, event: E): readonly E[] {
    const calls = this.#byKey.get(key)
    if (!calls) return [event]
    calls.events.push(event)
    return calls.events.splice(0, Math.max(0, calls.events.length - MAX_EVENTS))
  }

  /** A call has ended; returns what is to be handled now. */
  resume(key: string): readonly E[] {
    const calls = this.#byKey.get(key)
    if (!calls) return []
    calls.count -= 1
    if (calls.count > 0) return []
    this.#byKey.delete(key)
    return calls.events
  }
}
