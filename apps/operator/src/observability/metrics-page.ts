import { setImmediate } from 'node:timers/promises'
import type { Clock } from '@ack-secret-manager/core'
import type { Metrics } from './metrics.ts'

/** For how many times as long as it took to make a page holds, so that whoever asks without end gets a tenth of the time at most. */
const HOLDS_TIMES = 10
const HOLDS_MAX_MS = 1_000

/** Options of {@link MetricsPage}. */
export interface MetricsPageOptions {
  readonly metrics: Pick<Metrics, 'registry' | 'ofResources'>
  /** Brings gauges up to date before they are read. */
  readonly beforeRender: () => void
  readonly clock: Pick<Clock, 'monotonic'>
}

/**
 * The text of all metrics. However many ask for it, one page is made at a time, with turns for others in between; it holds ten times as
 * long as that took, a second at most.
 */
export class MetricsPage {
  readonly #options: MetricsPageOptions
  #page: Promise<Buffer> | undefined
  #holdsUntilMs = 0

  constructor(options: MetricsPageOptions) {
    this.#options = options
  }

  /** @returns the same bytes to all who ask at about the same time. @throws what `beforeRender` throws */
  read(): Promise<Buffer> {
    const { clock } = this.#options
    const nowMs = clock.monotonic()
    if (this.#page && nowMs < this.#holdsUntilMs) return this.#page
    this.#holdsUntilMs = Infinity
    this.#page = this.#render().finally(() => {
      const endMs = clock.monotonic()
      this.#holdsUntilMs = endMs + Math.min(HOLDS_MAX_MS, HOLDS_TIMES * (endMs - nowMs))
    })
    return this.#page
  }

  async #render(): Promise<Buffer> {
    const { metrics, beforeRender } = this.#options
    beforeRender()
    const pieces = [Buffer.from(await metrics.registry.metrics())]
    for (const piece of metrics.ofResources?.text() ?? []) {
      pieces.push(Buffer.from(piece))
      await setImmediate()
    }
    return Buffer.concat(pieces)
  }
}
