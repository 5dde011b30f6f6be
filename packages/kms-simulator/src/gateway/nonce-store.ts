/** Options of {@link NonceStore}. */
export interface NonceStoreOptions {
  /** How long a nonce is kept: while a request with it could pass the date check. @default 1_800_000 */
  readonly ttlMs?: number
  /** Maximum number of nonces; beyond it the oldest is dropped early. @default 250_000 */
  readonly limit?: number
}

/** Stores used nonces, so that a recorded request cannot be sent again. */
export class NonceStore {
  readonly #expiry = new Map<string, number>()
  readonly #ttlMs: number
  readonly #limit: number

  constructor(options: NonceStoreOptions = {}) {
    this.#ttlMs = options.ttlMs ?? 1_800_000
    this.#limit = options.limit ?? 250_000
  }

  get size(): number {
    return this.#expiry.size
  }

  /** True the first time, false while the nonce is kept. */
  use(nonce: string, nowMs: number): boolean {
    const expiresAtMs = this.#expiry.get(nonce)
    if (expiresAtMs !== undefined && expiresAtMs > nowMs) return false
    this.#expiry.delete(nonce)
    this.#expiry.set(nonce, nowMs + this.#ttlMs)
    // A Map keeps insertion order and all entries have the same lifetime, so the oldest is first.
    for (const [oldest, oldestExpiresAtMs] of this.#expiry) {
      if (oldestExpiresAtMs > nowMs && this.#expiry.size <= this.#limit) break
      this.#expiry.delete(oldest)
    }
    return true
  }
}
