/** Estimated memory that the entry of each Secret may take without counting against the budget: about 15 keys. */
const FREE_BYTES = 8 * 1024
/** Part of the budget that a namespace may take even if others have taken all: 256 KiB of 64 MiB. */
const GUARANTEED_PART = 1 / 256

export interface MetadataBudgetOptions {
  readonly totalBytes: number
  /** A first Secret of the namespace is not cached. Must not throw. */
  readonly onExceeded?: ((namespace: string) => void) | undefined
  /** All Secrets of the namespace are cached again, or deleted. Must not throw. */
  readonly onRecovered?: ((namespace: string) => void) | undefined
}

/**
 * Memory of the cache for Secrets with much metadata. Tenants choose its size, so a namespace may take at most as much as remains for the
 * others (dynamic threshold). The first namespace gets a half, and the next a quarter. Nothing is taken back from the first, but a namespace
 * always gets a 256th, so that others cannot displace its few large Secrets.
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

  /** What an entry of `entryBytes` counts. */
  static excessOf(entryBytes: number): number {
    return Math.max(0, entryBytes - FREE_BYTES)
  }

  /**
   * Whether the namespace may take `excessBytes` more.
   * @param freedBytes what the same Secret counts now
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

  /** Counts a Secret that is not cached, or with -1 is cached again or deleted. */
  addUncached(namespace: string, change: 1 | -1): void {
    const { onExceeded, onRecovered } = this.#options
    const count = (this.#uncached.get(namespace) ?? 0) + change
    if (count === 0) this.#uncached.delete(namespace)
    else this.#uncached.set(namespace, count)
    if (count === 0) onRecovered?.(namespace)
    else if (count === 1 && change === 1) onExceeded?.(namespace)
  }
}
