/** Limit of one target; beyond it the oldest event is released. */
const MAX_EVENTS = 64

interface Calls<E> {
  count: number
  readonly events: E[]
}

/**
 * Buffers the watch events of a target while a write to it is in flight, because the event of a write often arrives before its
 * response.
 */
export class BufferedEvents<E> {
  readonly #byKey = new Map<string, Calls<E>>()

  /** A write begins. */
  begin(key: string): void {
    const calls = this.#byKey.get(key) ?? { count: 0, events: [] }
    calls.count += 1
    this.#byKey.set(key, calls)
  }

  /** Whether a write is in flight. */
  isActive(key: string): boolean {
    return this.#byKey.has(key)
  }

  /** Adds an event. @returns the events to handle now */
  accept(key: string, event: E): readonly E[] {
    const calls = this.#byKey.get(key)
    if (!calls) return [event]
    calls.events.push(event)
    return calls.events.splice(0, Math.max(0, calls.events.length - MAX_EVENTS))
  }

  /** A write has ended. @returns the events to handle now */
  end(key: string): readonly E[] {
    const calls = this.#byKey.get(key)
    if (!calls) return []
    calls.count -= 1
    if (calls.count > 0) return []
    this.#byKey.delete(key)
    return calls.events
  }
}
