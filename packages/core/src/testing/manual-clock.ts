import type { Clock, ClockTimer } from '../time/clock.ts'
import { Heap } from '../collections/heap.ts'

interface Entry {
  readonly atMs: number
  readonly order: number
  callback: (() => void) | undefined
}

/** Runs pending promise continuations and finished I/O callbacks. */
const flushCallbacks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A clock that moves only by {@link advance}. For tests: a simulated day takes seconds. */
export class ManualClock implements Clock {
  readonly #timers = new Heap<Entry>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order))
  #monotonicMs = 0
  #wallMs: number
  #order = 0

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#wallMs = startMs
  }

  now(): number {
    return this.#wallMs
  }

  monotonic(): number {
    return this.#monotonicMs
  }

  setTimeout(callback: () => void, delayMs: number): ClockTimer {
    this.#order += 1
    // As in Node, NaN is no delay.
    const entry: Entry = { atMs: this.#monotonicMs + (Math.max(0, delayMs) || 0), order: this.#order, callback }
    this.#timers.push(entry)
    return {
      cancel: () => {
        entry.callback = undefined
      },
    }
  }

  /** Advances time by `ms`. Fires timers in order, and runs the callbacks of each before the next. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms
    await flushCallbacks()
    for (;;) {
      const next = this.#timers.peek()
      if (next === undefined || next.atMs > endMs) break
      this.#moveTo(next.atMs)
      let fired = false
      while ((this.#timers.peek()?.atMs ?? Infinity) <= this.#monotonicMs) {
        const callback = this.#timers.pop()?.callback
        if (callback === undefined) continue
        fired = true
        callback()
      }
      if (fired) await flushCallbacks()
    }
    this.#moveTo(endMs)
    await flushCallbacks()
  }

  /** Changes the wall clock, as an administrator or NTP does. Does not affect timers and {@link monotonic}. */
  jumpWallClock(byMs: number): void {
    this.#wallMs += byMs
  }

  #moveTo(atMs: number): void {
    if (atMs <= this.#monotonicMs) return
    this.#wallMs += atMs - this.#monotonicMs
    this.#monotonicMs = atMs
  }
}
