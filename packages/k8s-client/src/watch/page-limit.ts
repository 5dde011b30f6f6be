/** Pages that must fit before the limit is doubled. */
const PAGES_BEFORE_GROWTH = 4

/** Limit of the next page of a list: halved after a page that was too large, doubled after several that fit. */
export class PageLimit {
  readonly #maxObjects: number
  #objects: number
  #fitted = 0

  constructor(maxObjects: number) {
    this.#maxObjects = maxObjects
    this.#objects = maxObjects
  }

  get objects(): number {
    return this.#objects
  }

  fits(): void {
    this.#fitted += 1
    if (this.#fitted < PAGES_BEFORE_GROWTH) return
    this.#fitted = 0
    this.#objects = Math.min(this.#maxObjects, this.#objects * 2)
  }

  /** @returns false for a limit of one object */
  halve(): boolean {
    if (this.#objects === 1) return false
    this.#fitted = 0
    this.#objects = Math.ceil(this.#objects / 2)
    return true
  }
}
