import type { Clock } from '@ack-secret-manager/core'

/** Waits until each key of a set was reconciled once. */
export class InitialSync {
  readonly #pending = new Set<string>()
  #finish: () => void = () => undefined

  /** Resolves when all keys were reconciled, after `timeoutMs`, or when the signal aborts. */
  async wait(
    keys: Iterable<string>,
    { timeoutMs, clock, signal }: { timeoutMs: number; clock: Clock; signal: AbortSignal },
  ): Promise<void> {
    for (const key of keys) this.#pending.add(key)
    if (this.#pending.size === 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(resolve, timeoutMs)
      this.#finish = () => {
        timer.cancel()
        resolve()
      }
      signal.addEventListener('abort', this.#finish, { once: true })
    })
    signal.removeEventListener('abort', this.#finish)
    this.#pending.clear()
  }

  /** Records a completed reconcile, successful or not. */
  markReconciled(key: string): void {
    if (this.#pending.delete(key) && this.#pending.size === 0) this.#finish()
  }
}
