/** An item that can be in one {@link Fifo} at a time. The fields belong to that list. */
export interface Linked<T extends Linked<T>> {
  list: Fifo<T> | undefined
  previous: T | undefined
  next: T | undefined
}

/** First in, first out. Items can also be removed from the middle. All operations take O(1) and allocate nothing. */
export class Fifo<T extends Linked<T>> {
  #first: T | undefined
  #last: T | undefined
  #size = 0

  get first(): T | undefined {
    return this.#first
  }

  get size(): number {
    return this.#size
  }

  push(item: T): void {
    if (item.list !== undefined) throw new Error('the item is already in a list')
    item.list = this
    item.previous = this.#last
    if (this.#last === undefined) this.#first = item
    else this.#last.next = item
    this.#last = item
    this.#size += 1
  }

  remove(item: T): void {
    if (item.list !== this) throw new Error('the item is not in this list')
    if (item.previous === undefined) this.#first = item.next
    else item.previous.next = item.next
    if (item.next === undefined) this.#last = item.previous
    else item.next.previous = item.previous
    item.list = undefined
    item.previous = undefined
    item.next = undefined
    this.#size -= 1
  }
}
