/** Estimated memory of an entry that does not count against the budget: about 15 keys. */
const FREE_BYTES = 8 * 1024
/** Part of the budget that a namespace may always use: 256 KiB of 64 MiB. */
const GUARANTEED_PART = 1 / 256

export interface MetadataBudgetOptions {
  readonly totalBytes: number
  /** Called when the first Secret of a namespace does not fit. Must not throw. */
  readonly onExceeded?: ((namespace: string) => void) | undefined
  /** Called when all Secrets of the namespace are cached again or deleted. Must not throw. */
  readonly onRecovered?: ((namespace: string) => void) | undefined
}

/**
 * Limits the memory of Secrets with large metadata, whose size tenants choose. A namespace may use at most as much as remains for the
 * others (dynamic threshold): the first gets half, the next a quarter. Each is guaranteed a 256th, because nothing is evicted.
 */
export class MetadataBudget {
  readonly #options: MetadataBudgetOptions
  readonly #usedBytes = new Map<string, number>()
  #used = 0
  /** Secrets that are not cached, by namespace. */
  readonly #uncached = new Map<string, number>()

  constructor(options: MetadataBudgetOptions) {
    this.#options = options
  }

  /** Number of Secrets that are not cached. */
  get uncached(): number {
    let sum = 0
    for (const count of this.#uncached.values()) sum += count
    return sum
  }

  /** How much of an entry counts against the budget. */
  static excessOf(entryBytes: number): number {
    return Math.max(0, entryBytes - FREE_BYTES)
  }

  /**
   * Whether the namespace may use `excessBytes` more.
   * @param freedBytes current count of the entry that the new one replaces
   */
  admits(namespace: string, excessBytes: number, freedBytes: number): boolean {
    if (excessBytes === 0) return true
    const wanted = (this.#usedBytes.get(namespace) ?? 0) - freedBytes + excessBytes
    const { totalBytes } = this.#options
    return wanted <= Math.max(totalBytes * GUARANTEED_PART, totalBytes - (this.#used - freedBytes))
  }

  add(namespace: string, excessBytes: number): void {
    if (excessBytes === 0) return
    const used = (this.#usedBytes.get(namespace) ?? 0) + excessBytes
    this.#used += excessBytes
    if (used === 0) this.#usedBytes.delete(namespace)
    else this.#usedBytes.set(namespace, used)
  }

  /** Counts a Secret that does not fit (1), or that is cached again or deleted (-1). */
  addUncached(namespace: string, change: 1 | -1): void {
    const { onExceeded, onRecovered } = this.#options
    const count = (this.#uncached.get(namespace) ?? 0) + change
    if (count === 0) this.#uncached.delete(namespace)
    else this.#uncached.set(namespace, count)
    if (count === 0) onRecovered?.(namespace)
    else if (count === 1 && change === 1) onExceeded?.(namespace)
  }
}
