/** One holder's part in a {@link Shared} value. */
export interface Hold<Value> {
  readonly value: Value
  /** Lets go; later calls do nothing. */
  release(): void
}

/** Values that are made once per key and disposed of when their last holder lets go. */
export class Shared<Value> {
  readonly #held = new Map<string, { readonly value: Value; holders: number }>()
  readonly #dispose: (value: Value) => void

  constructor(dispose: (value: Value) => void) {
    this.#dispose = dispose
  }

  /** The value that is held under `key` now. */
  get(key: string): Value | undefined {
    return this.#held.get(key)?.value
  }

  hold(key: string, make: () => Value): Hold<Value> {
    const entry = this.#held.get(key) ?? { value: make(), holders: 0 }
    this.#held.set(key, entry)
    entry.holders += 1
    let held = true
    return {
      value: entry.value,
      release: () => {
        if (!held) return
        held = false
        entry.holders -= 1
        if (entry.holders > 0) return
        this.#held.delete(key)
        this.#dispose(entry.value)
      },
    }
  }
}
