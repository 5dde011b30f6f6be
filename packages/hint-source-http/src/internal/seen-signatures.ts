import { createHash } from 'node:crypto'
import { MAX_SEEN, MAX_SKEW_MS } from './limits.ts'

interface Seen<R> {
  readonly untilMs: number
  readonly result: Promise<R>
}

/** Results of requests by their signature, until it has expired. */
export class SeenSignatures<R> {
  readonly #seen = new Map<string, Seen<R>>()

  /** Whether no further signature can be remembered. */
  isFull(nowMs: number): boolean {
    this.#forget(nowMs)
    return this.#seen.size >= MAX_SEEN
  }

  /** The result of the first request with this signature. */
  resultOf(signature: Buffer): Promise<R> | undefined {
    return this.#seen.get(idOf(signature))?.result
  }

  /** @param nowMs monotonic */
  add(signature: Buffer, result: Promise<R>, nowMs: number): void {
    this.#seen.set(idOf(signature), { untilMs: nowMs + 2 * MAX_SKEW_MS, result })
  }

  delete(signature: Buffer): void {
    this.#seen.delete(idOf(signature))
  }

  /** In the order in which they were added, which is that of their ends. */
  #forget(nowMs: number): void {
    for (const [id, { untilMs }] of this.#seen) {
      if (untilMs > nowMs) return
      this.#seen.delete(id)
    }
  }
}

function idOf(signature: Buffer): string {
  return createHash('sha256').update(signature).digest('base64')
}
