import type { Clock, ClockTimer } from '@ack-secret-manager/core'
import { tickAtMs } from './schedule.ts'

/** One timer for all due times, set to the earliest. */
export class WakeTimer {
  readonly #clock: Clock
  readonly #onWake: () => void
  #timer: ClockTimer | undefined
  #atMs = Infinity

  constructor(clock: Clock, onWake: () => void) {
    this.#clock = clock
    this.#onWake = onWake
  }

  /** Sets the timer to the tick at or after `dueMs`; Infinity stops it. An earlier tick is harmless, so it is kept. */
  set(dueMs: number, nowMs: number): void {
    const atMs = tickAtMs(Math.max(nowMs, dueMs))
    if (atMs >= this.#atMs && atMs !== Infinity) return
    this.#timer?.cancel()
    this.#atMs = atMs
    this.#timer = atMs === Infinity ? undefined : this.#clock.setTimeout(() => this.#wake(), atMs - nowMs)
  }

  #wake(): void {
    this.#timer = undefined
    this.#atMs = Infinity
    this.#onWake()
  }
}
