/** One reference to a {@link RefCounted} value. */
export interface Ref<Value> {
  readonly value: Value
  /** Drops the reference. Idempotent. */
  release(): void
}

/** Values created once per key and disposed of when the last reference is released. */
export class RefCounted<Value> {
  readonly #entries = new Map<string, { readonly value: Value; refs: number }>()
  readonly #dispose: (value: Value) => void

  constructor(dispose: (value: Value) => void) {
    this.#dispose = dispose
  }

  /** The live value under `key`, without a new reference. */
  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value
  }

  acquire(key: string, make: () => Value): Ref<Value> {
    const entry = this.#entries.get(key) ?? { value: make(), refs: 0 }
    this.#entries.set(key, entry)
    entry.refs += 1
    let isReleased = false
    return {
      value: entry.value,
      release: () => {
        if (isReleased) return
        isReleased = true
        entry.refs -= 1
        if (entry.refs > 0) return
        this.#entries.delete(key)
        this.#dispose(entry.value)
      },
    }
  }
}
