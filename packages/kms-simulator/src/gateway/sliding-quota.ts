/** Allows so many calls within any window of time, by default a second. Exact, in constant time and memory. */
export class SlidingQuota {
  readonly #takenAtMs: Float64Array
  readonly #windowMs: number
  #next = 0

  constructor(perWindow: number, windowMs = 1_000) {
    this.#takenAtMs = new Float64Array(perWindow).fill(Number.NEGATIVE_INFINITY)
    this.#windowMs = windowMs
  }

  /** False if the quota of the last window is used up; a rejected call does not count. */
  take(nowMs: number): boolean {
    // The slot to overwrite has the time of the call that was a whole quota ago.
    const oldestMs = this.#takenAtMs[this.#next]
    if (oldestMs === undefined || nowMs - oldestMs < this.#windowMs) return false
    this.#takenAtMs[this.#next] = nowMs
    this.#next = (this.#next + 1) % this.#takenAtMs.length
    return true
  }
}
