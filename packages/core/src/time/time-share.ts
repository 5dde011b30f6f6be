import type { Clock } from './clock.ts'

export interface TimeShareOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Share of the time of the event loop that one member may use in the long run. */
  readonly share: number
  /** Time that a member may use at once, in milliseconds. */
  readonly burstMs: number
}

interface Usage {
  readonly usedMs: number
  readonly atMs: number
}

/** Limits the time for which the work of one member, such as a namespace, blocks the event loop. A leaky bucket for each member. */
export class TimeShare {
  readonly #options: TimeShareOptions
  /** Only of members that have not regained all their time. */
  readonly #usage = new Map<string, Usage>()

  constructor(options: TimeShareOptions) {
    this.#options = options
  }

  /** How long the next work of the member has to wait, in milliseconds. */
  waitMs(member: string): number {
    const { share, burstMs } = this.#options
    return Math.max(0, (this.#usedMs(member) - burstMs) / share)
  }

  /** Work of the member has blocked the event loop for `ms`. */
  add(member: string, ms: number): void {
    for (const each of this.#usage.keys()) if (this.#usedMs(each) === 0) this.#usage.delete(each)
    if (ms <= 0) return
    this.#usage.set(member, { usedMs: this.#usedMs(member) + ms, atMs: this.#options.clock.monotonic() })
  }

  #usedMs(member: string): number {
    const { clock, share } = this.#options
    const { usedMs, atMs } = this.#usage.get(member) ?? { usedMs: 0, atMs: 0 }
    return Math.max(0, usedMs - (clock.monotonic() - atMs) * share)
  }
}
