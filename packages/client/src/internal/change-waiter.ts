import { SecretSyncError } from '@ack-secret-manager/core'
import type { SecretVersion } from '../secret-version.ts'
import type { CachedSecret } from './cached-secret.ts'

/** Waits for changes of one secret, which stays in the cache meanwhile. */
export class ChangeWaiter {
  readonly #secret: CachedSecret
  readonly #closing: AbortSignal
  readonly #ending: AbortSignal
  readonly #signal: AbortSignal | undefined
  readonly #stop: () => void
  #wake: () => void = () => undefined

  /** @param signals of the client and of the iterator, which end the wait, and of the caller, which makes it fail */
  constructor(
    secret: CachedSecret,
    signals: { readonly closing: AbortSignal; readonly ending: AbortSignal; readonly signal: AbortSignal | undefined },
  ) {
    this.#secret = secret
    this.#closing = signals.closing
    this.#ending = signals.ending
    this.#signal = signals.signal
    this.#stop = secret.onChange(() => this.#wake())
  }

  /** The next version that differs; undefined when the client is closed or the iterator ends. @throws SecretSyncError `Cancelled` */
  async after(seen: SecretVersion): Promise<SecretVersion | undefined> {
    const onAbort = (): void => this.#wake()
    this.#signal?.addEventListener('abort', onAbort, { once: true })
    this.#ending.addEventListener('abort', onAbort, { once: true })
    try {
      for (;;) {
        if (this.#closing.aborted || this.#ending.aborted) return undefined
        if (this.#signal?.aborted === true) {
          throw new SecretSyncError('Cancelled', `watching secret ${seen.name}: cancelled`, {
            cause: this.#signal.reason,
          })
        }
        const version = this.#secret.peek()
        if (version !== undefined && !version.equals(seen)) return version
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    } finally {
      this.#signal?.removeEventListener('abort', onAbort)
      this.#ending.removeEventListener('abort', onAbort)
    }
  }

  stop(): void {
    this.#stop()
  }
}
