import type { Clock, ClockTimer } from './clock.ts'
import { Heap } from '../collections/heap.ts'

interface Entry {
  readonly atMs: number
  readonly order: number
  callback: (() => void) | undefined
}

/** Lets every promise continuation and every already finished I/O callback run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A clock that stands still until told to move. For tests: a simulated day takes seconds. */
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
    const entry: Entry = { atMs: this.#monotonicMs + Math.max(0, delayMs), order: this.#order, callback }
    this.#timers.push(entry)
    return {
      cancel: () => {
        entry.callback = undefined
      },
    }
  }

  /** Moves time on by `ms`, firing timers in order and letting what they started settle before the next one. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms
    await settle()
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
      if (fired) await settle()
    }
    this.#moveTo(endMs)
    await settle()
  }

  /** Sets the wall clock as an administrator or NTP would; timers and {@link monotonic} do not notice. */
  jumpWallClock(byMs: number): void {
    this.#wallMs += byMs
  }

  #moveTo(atMs: number): void {
    if (atMs <= this.#monotonicMs) return
    this.#wallMs += atMs - this.#monotonicMs
    this.#monotonicMs = atMs
  }
}
