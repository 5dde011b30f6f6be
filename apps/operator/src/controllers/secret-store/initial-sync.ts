import type { Clock } from '@ack-secret-manager/core'

/** Waits until each of some keys has been looked at once, however often they come back after that. */
export class FirstLooks {
  readonly #left = new Set<string>()
  #isOver: () => void = () => undefined

  /** Resolves when {@link note} was told of all of them, after `timeoutMs`, or when the signal aborts. */
  async wait(
    keys: Iterable<string>,
    { timeoutMs, clock, signal }: { timeoutMs: number; clock: Clock; signal: AbortSignal },
  ): Promise<void> {
    for (const key of keys) this.#left.add(key)
    if (this.#left.size === 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(resolve, timeoutMs)
      this.#isOver = () => {
        timer.cancel()
        resolve()
      }
      signal.addEventListener('abort', this.#isOver, { once: true })
    })
    signal.removeEventListener('abort', this.#isOver)
    this.#left.clear()
  }

  /** This one has been looked at. */
  note(key: string): void {
    if (this.#left.delete(key) && this.#left.size === 0) this.#isOver()
  }
}
