/** Limit per target. Beyond it the oldest event is handled before the write has ended. */
const MAX_EVENTS = 64

interface ActiveWrites<E> {
  count: number
  readonly events: E[]
}

/**
 * Buffers the watch events of a target while a write to it is in flight, because the event of a write often arrives before its
 * response.
 */
export class BufferedEvents<E> {
  readonly #byKey = new Map<string, ActiveWrites<E>>()

  /** A write begins. */
  begin(key: string): void {
    const writes = this.#byKey.get(key) ?? { count: 0, events: [] }
    writes.count += 1
    this.#byKey.set(key, writes)
  }

  /** Whether a write is in flight. */
  isActive(key: string): boolean {
    return this.#byKey.has(key)
  }

  /** Adds an event. @returns the events to handle now */
  accept(key: string, event: E): readonly E[] {
    const writes = this.#byKey.get(key)
    if (!writes) return [event]
    writes.events.push(event)
    return writes.events.splice(0, Math.max(0, writes.events.length - MAX_EVENTS))
  }

  /** A write has ended. @returns the events to handle now */
  end(key: string): readonly E[] {
    const writes = this.#byKey.get(key)
    if (!writes) return []
    writes.count -= 1
    if (writes.count > 0) return []
    this.#byKey.delete(key)
    return writes.events
  }
}
