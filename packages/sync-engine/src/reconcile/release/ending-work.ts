/** Work in progress for resources that were released. */
export class EndingWork {
  readonly #work = new Set<Promise<void>>()

  add(work: Promise<void> | undefined): void {
    if (work === undefined) return
    const ending = work.finally(() => this.#work.delete(ending))
    this.#work.add(ending)
  }

  /** Resolves when all work that was added has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#work)
  }
}
