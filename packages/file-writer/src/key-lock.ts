/** Serializes work on the same key; work on different keys runs concurrently. */
export class KeyLock {
  readonly #last = new Map<string, Promise<void>>()

  /** Runs `work` after all earlier work on `key`. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key)
    const result = before ? before.then(work) : work()
    const ended = result.then(
      () => undefined,
      () => undefined,
    )
    this.#last.set(key, ended)
    try {
      return await result
    } finally {
      if (this.#last.get(key) === ended) this.#last.delete(key)
    }
  }

  /** Resolves when no work is running. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values())
  }
}
