import { type BackendConnection, isOutage, isSecretSyncError } from '@ack-secret-manager/core'

/** Reads of one secret that may fail in a row before a pass stops waiting for it. */
const MAX_ATTEMPTS = 4

/** Counts, per secret, reads that could not reach the manager, and says when it has been tried often enough. */
export class AttemptCounter {
  readonly #failures = new Map<string, number>()
  readonly #counted = new WeakMap<BackendConnection, BackendConnection>()
  readonly #onExhausted: () => void

  constructor(onExhausted: () => void) {
    this.#onExhausted = onExhausted
  }

  isExhausted(secret: string): boolean {
    return (this.#failures.get(secret) ?? 0) >= MAX_ATTEMPTS
  }

  /** The same connection, with its reads counted. */
  count(connection: BackendConnection): BackendConnection {
    const known = this.#counted.get(connection)
    if (known) return known
    const { backend } = connection
    const counted: BackendConnection = {
      ...connection,
      backend: {
        read: async (ref, options) => {
          try {
            const value = await backend.read(ref, options)
            this.#failures.delete(ref.name)
            return value
          } catch (error) {
            if (isSecretSyncError(error) && isOutage(error.code)) this.#failed(ref.name)
            throw error
          }
        },
        close: () => backend.close(),
      },
    }
    this.#counted.set(connection, counted)
    return counted
  }

  #failed(secret: string): void {
    this.#failures.set(secret, (this.#failures.get(secret) ?? 0) + 1)
    // After whoever is told of the failure has told others of it.
    if (this.isExhausted(secret)) setImmediate(this.#onExhausted)
  }
}
