import { randomBytes } from 'node:crypto'

const MAX_TOKENS = 10_000

/** The issued tokens of the metadata service; beyond 10,000 the oldest are dropped. */
export class MetadataTokens {
  readonly #expiry = new Map<string, number>()

  issue(ttlSeconds: number, nowMs: number): string {
    const token = randomBytes(42).toString('base64')
    this.#expiry.set(token, nowMs + ttlSeconds * 1_000)
    for (const oldest of this.#expiry.keys()) {
      if (this.#expiry.size <= MAX_TOKENS) break
      this.#expiry.delete(oldest)
    }
    return token
  }

  isValid(token: string, nowMs: number): boolean {
    return (this.#expiry.get(token) ?? Number.NEGATIVE_INFINITY) > nowMs
  }
}
