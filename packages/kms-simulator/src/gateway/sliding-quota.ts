/** Allows `perSecond` calls within any second. Exact, in constant time and memory. */
export class SlidingQuota {
  readonly #takenAtMs: Float64Array
  #next = 0

  constructor(perSecond: number) {
    this.#takenAtMs = new Float64Array(perSecond).fill(Number.NEGATIVE_INFINITY)
  }

  /** False if the quota of the last second is used up; a rejected call does not count. */
  take(nowMs: number): boolean {
    // The slot to overwrite has the time of the call that was `perSecond` calls ago.
    const oldestMs = this.#takenAtMs[this.#next]
    if (oldestMs === undefined || nowMs - oldestMs < 1_000) return false
    this.#takenAtMs[this.#next] = nowMs
    this.#next = (this.#next + 1) % this.#takenAtMs.length
    return true
  }
}
