/** Allows `perSecond` takes within any one second: exact, in constant time and memory. */
export class SlidingQuota {
  readonly #takenAtMs: Float64Array
  #next = 0

  constructor(perSecond: number) {
    this.#takenAtMs = new Float64Array(perSecond).fill(Number.NEGATIVE_INFINITY)
  }

  /** False when the quota of the last second is used up; a refused take costs nothing. */
  take(nowMs: number): boolean {
    // The slot to be overwritten holds the take that lies `perSecond` takes back.
    const oldestMs = this.#takenAtMs[this.#next]
    if (oldestMs === undefined || nowMs - oldestMs < 1_000) return false
    this.#takenAtMs[this.#next] = nowMs
    this.#next = (this.#next + 1) % this.#takenAtMs.length
    return true
  }
}
