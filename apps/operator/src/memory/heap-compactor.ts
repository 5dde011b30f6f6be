import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '@ack-secret-manager/core'

export interface HeapCompactorOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Resolves when no resource is being synced. */
  readonly idle: () => Promise<void>
  /** Collects all garbage and returns free pages to the operating system. */
  readonly collect: () => void
}

/** Syncs after which a collection is worthwhile. */
const MIN_SYNCS = 1_000

/** Collections take at most half a percent of the time, because each one pauses the process. */
const PAUSE_FACTOR = 200

/**
 * Collects the garbage after a mass sync. V8 keeps the pages that its own collections empty while a process allocates steadily, so the
 * operator would keep the memory of its largest sync.
 */
export class HeapCompactor {
  readonly #options: HeapCompactorOptions
  #syncs = 0
  #nextMs = -Infinity
  #isWaiting = false

  constructor(options: HeapCompactorOptions) {
    this.#options = options
  }

  /** A resource was synced. */
  synced(): void {
    this.#syncs += 1
    const isDue = this.#syncs >= MIN_SYNCS && this.#options.clock.monotonic() >= this.#nextMs
    if (isDue && !this.#isWaiting) void this.#compact()
  }

  async #compact(): Promise<void> {
    const { clock, idle, collect } = this.#options
    this.#isWaiting = true
    await idle()
    this.#isWaiting = false
    this.#syncs = 0
    const startMs = clock.monotonic()
    collect()
    const endMs = clock.monotonic()
    this.#nextMs = endMs + PAUSE_FACTOR * (endMs - startMs)
  }
}

/** The garbage collector of V8, without the flag --expose-gc of the process. A collection pauses the process for milliseconds per MiB. */
export function fullGarbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as (options: { type: string; execution: string; flavor: string }) => void
  setFlagsFromString('--no-expose-gc')
  // Other flavors do not return nearly empty pages to the operating system.
  return () => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
