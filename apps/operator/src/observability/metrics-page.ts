import { setImmediate } from 'node:timers/promises'
import type { Clock } from '@ack-secret-manager/core'
import type { Metrics } from './metrics.ts'

/** A page is cached for 10× its render time, which caps scraping at about 10 % CPU. */
const CACHE_RATIO = 10
const MAX_CACHE_MS = 1_000

export interface MetricsPageOptions {
  readonly metrics: Pick<Metrics, 'registry' | 'ofResources'>
  /** Updates the gauges. */
  readonly beforeRender: () => void
  readonly clock: Pick<Clock, 'monotonic'>
}

/** Renders all metrics as text. Concurrent scrapes share one render, which yields to the event loop between pieces. */
export class MetricsPage {
  readonly #options: MetricsPageOptions
  #page: Promise<Buffer> | undefined
  #validUntilMs = 0

  constructor(options: MetricsPageOptions) {
    this.#options = options
  }

  /** Returns the cached page, or renders it. @throws the error of `beforeRender` */
  read(): Promise<Buffer> {
    const { clock } = this.#options
    const nowMs = clock.monotonic()
    if (this.#page && nowMs < this.#validUntilMs) return this.#page
    this.#validUntilMs = Infinity
    this.#page = this.#render().finally(() => {
      const endMs = clock.monotonic()
      this.#validUntilMs = endMs + Math.min(MAX_CACHE_MS, CACHE_RATIO * (endMs - nowMs))
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
