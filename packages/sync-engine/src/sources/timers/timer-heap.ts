export interface TimerItem {
  /** Index in the {@link TimerHeap}, which owns the field; -1 outside of it. */
  timerIndex: number
}

/**
 * Binary heap that tracks the index of its items: each is in it at most once, and moving one takes O(log n). Times are in a
 * separate array, so that sifting only touches the items it moves.
 */
export class TimerHeap<T extends TimerItem> {
  readonly #items: T[] = []
  readonly #times: number[] = []

  get size(): number {
    return this.#items.length
  }

  /** The item with the smallest time. */
  get first(): T | undefined {
    return this.#items[0]
  }

  /** The smallest time; Infinity if there is none. */
  get firstMs(): number {
    return this.#times[0] ?? Infinity
  }

  /** Adds or moves `item`; Infinity removes it. */
  set(item: T, atMs: number): void {
    if (atMs === Infinity) {
      this.remove(item)
      return
    }
    const index = item.timerIndex
    if (index === -1) {
      this.#items.push(item)
      this.#siftUp(item, atMs, this.#times.push(atMs) - 1)
      return
    }
    const beforeMs = this.#times[index] as number
    if (atMs < beforeMs) this.#siftUp(item, atMs, index)
    else if (atMs > beforeMs) this.#siftDown(item, atMs, index)
  }

  remove(item: T): void {
    const index = item.timerIndex
    if (index === -1) return
    item.timerIndex = -1
    const last = this.#items.pop() as T
    const lastMs = this.#times.pop() as number
    if (last === item) return
    if (lastMs < (this.#times[index] as number)) this.#siftUp(last, lastMs, index)
    else this.#siftDown(last, lastMs, index)
  }

  #siftUp(item: T, atMs: number, from: number): void {
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      const parentMs = this.#times[parent] as number
      if (parentMs <= atMs) break
      this.#place(this.#items[parent] as T, parentMs, index)
      index = parent
    }
    this.#place(item, atMs, index)
  }

  #siftDown(item: T, atMs: number, from: number): void {
    const times = this.#times
    const size = times.length
    let index = from
    for (;;) {
      let child = 2 * index + 1
      if (child >= size) break
      if (child + 1 < size && (times[child + 1] as number) < (times[child] as number)) child += 1
      const childMs = times[child] as number
      if (childMs >= atMs) break
      this.#place(this.#items[child] as T, childMs, index)
      index = child
    }
    this.#place(item, atMs, index)
  }

  #place(item: T, atMs: number, index: number): void {
    this.#items[index] = item
    this.#times[index] = atMs
    item.timerIndex = index
  }
}
