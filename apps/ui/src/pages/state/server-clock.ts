import { type ReadonlySignal, signal } from '@preact/signals'

const TICK_MS = 5_000

/** The clock of the server, which the last event set. It may differ from that of the browser. */
export class ServerClock {
  readonly #now = signal(Date.now())
  #offset = 0

  /** Milliseconds since the epoch; changes every five seconds, so that ages grow. */
  get now(): ReadonlySignal<number> {
    return this.#now
  }

  start(): void {
    setInterval(() => this.#tick(), TICK_MS)
  }

  /** @param now RFC 3339 */
  set(now: string): void {
    const time = Date.parse(now)
    if (Number.isNaN(time)) return
    this.#offset = time - Date.now()
    if (Math.abs(time - this.#now.peek()) >= TICK_MS) this.#now.value = time
  }

  #tick(): void {
    this.#now.value = Date.now() + this.#offset
  }
}
