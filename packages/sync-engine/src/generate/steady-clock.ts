import type { Clock } from '@ack-secret-manager/core'
import { isSameTime } from './time-bounds.ts'

/** A jump of the wall clock that lasts this long is a correction. */
const CONFIRM_MS = 600_000

/** The wall clock without jumps. A jump counts only after ten minutes, because the clock may jump back. */
export class SteadyClock {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>
  /** Wall-clock time at monotonic time 0. */
  #startMs: number
  /** The latest jump: the wall-clock time at monotonic time 0 after it, and the monotonic time when it was noticed. */
  #jump: { readonly startMs: number; readonly noticedMs: number } | undefined

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>) {
    this.#clock = clock
    this.#startMs = clock.now() - clock.monotonic()
  }

  /** Wall-clock milliseconds. */
  now(): number {
    const monotonicMs = this.#clock.monotonic()
    const startMs = this.#clock.now() - monotonicMs
    if (isSameTime(startMs, this.#startMs)) this.#jump = undefined
    else if (!this.#jump || !isSameTime(startMs, this.#jump.startMs)) this.#jump = { startMs, noticedMs: monotonicMs }
    if (!this.#jump || monotonicMs - this.#jump.noticedMs >= CONFIRM_MS) this.#startMs = startMs
    return this.#startMs + monotonicMs
  }
}
