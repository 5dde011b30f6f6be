/** Random numbers from a seed, the same on every machine. */
export class Random {
  #state: number

  /** @param stream separates the numbers of different parts of a run with the same seed */
  constructor(seed: number, stream: string) {
    let state = seed | 0
    for (let at = 0; at < stream.length; at += 1) state = Math.imul(state ^ stream.charCodeAt(at), 0x01000193)
    this.#state = state
  }

  /** In [0, 1). Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1))
  }

  /** A random element. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('nothing to pick from')
    return list[this.int(0, list.length - 1)] as T
  }
}
