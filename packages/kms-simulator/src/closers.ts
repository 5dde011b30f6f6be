/** Runs the steps in reverse order, each only once, even if others fail. */
export class Closers {
  readonly #steps: (() => Promise<void>)[] = []
  #closed: Promise<void> | undefined

  add(step: () => Promise<void>): void {
    this.#steps.push(step)
  }

  close(): Promise<void> {
    this.#closed ??= this.#run()
    return this.#closed
  }

  async #run(): Promise<void> {
    const results = await Promise.allSettled(this.#steps.toReversed().map((step) => step()))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}
