import { createHash } from 'node:crypto'
import { MAX_SEEN, MAX_SKEW_MS } from './limits.ts'

/** Signatures of requests that were taken, until they have expired. */
export class SeenSignatures {
  readonly #untilMs = new Map<string, number>()

  /** Whether no further signature can be remembered. */
  isFull(nowMs: number): boolean {
    this.#forget(nowMs)
    return this.#untilMs.size >= MAX_SEEN
  }

  has(signature: Buffer): boolean {
    return this.#untilMs.has(idOf(signature))
  }

  /** @param nowMs monotonic */
  add(signature: Buffer, nowMs: number): void {
    this.#untilMs.set(idOf(signature), nowMs + 2 * MAX_SKEW_MS)
  }

  delete(signature: Buffer): void {
    this.#untilMs.delete(idOf(signature))
  }

  /** In the order in which they were added, which is that of their ends. */
  #forget(nowMs: number): void {
    for (const [id, untilMs] of this.#untilMs) {
      if (untilMs > nowMs) return
      this.#untilMs.delete(id)
    }
  }
}

function idOf(signature: Buffer): string {
  return createHash('sha256').update(signature).digest('base64')
}
