import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export interface HeapCompactorOptions {
  /** Resolves when no resource is being synced. */
  readonly idle: () => Promise<void>
  /** Collects all garbage and returns free pages to the operating system. */
  readonly collect: () => void
  /** Syncs that leave garbage worth a collection. */
  readonly minSyncs?: number
}

/**
 * Collects the garbage of a mass sync once it is over. V8 collects as much as it needs for the next allocation, so a quiet operator would
 * keep the pages of its first sync: 50 MiB at 10,000 resources.
 */
export class HeapCompactor {
  readonly #options: Required<HeapCompactorOptions>
  #syncs = 0

  constructor(options: HeapCompactorOptions) {
    this.#options = { minSyncs: 1_000, ...options }
  }

  /** A resource was synced. */
  synced(): void {
    this.#syncs += 1
    if (this.#syncs === this.#options.minSyncs) void this.#compact()
  }

  async #compact(): Promise<void> {
    const { idle, collect } = this.#options
    await idle()
    this.#syncs = 0
    collect()
  }
}

/** The collector of V8, which needs no flag of the process. The pause is about 1 ms per MiB that is in use. */
export function fullGarbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as (options: { type: 'major'; execution: 'sync' }) => void
  setFlagsFromString('--no-expose-gc')
  return () => gc({ type: 'major', execution: 'sync' })
}
