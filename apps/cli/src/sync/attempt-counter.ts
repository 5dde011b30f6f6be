import { type BackendConnection, isOutage, isSecretSyncError } from '@ack-secret-manager/core'

/** Reads of one secret that may fail in a row before a pass stops waiting for it. */
const MAX_ATTEMPTS = 4

/** Counts reads of each secret that could not reach the manager, and says when it has been tried often enough. */
export class AttemptCounter {
  /** By name of the secret, then by connection: two stores may have secrets of one name. */
  readonly #failures = new Map<string, Map<string, number>>()
  readonly #counted = new WeakMap<BackendConnection, BackendConnection>()
  readonly #onExhausted: () => void

  constructor(onExhausted: () => void) {
    this.#onExhausted = onExhausted
  }

  /** Whether every connection that fails to read a secret of this name has been tried often enough. */
  isExhausted(secret: string): boolean {
    const counts = [...(this.#failures.get(secret)?.values() ?? [])]
    return counts.length > 0 && counts.every((count) => count >= MAX_ATTEMPTS)
  }

  /** The same connection, with its reads counted. */
  count(connection: BackendConnection): BackendConnection {
    const known = this.#counted.get(connection)
    if (known) return known
    const { backend, key } = connection
    const counted: BackendConnection = {
      ...connection,
      backend: {
        read: async (ref, options) => {
          try {
            const value = await backend.read(ref, options)
            this.#failures.get(ref.name)?.delete(key)
            return value
          } catch (error) {
            if (isSecretSyncError(error) && isOutage(error.code)) this.#failed(ref.name, key)
            throw error
          }
        },
        close: () => backend.close(),
      },
    }
    this.#counted.set(connection, counted)
    return counted
  }

  #failed(secret: string, connection: string): void {
    const counts = this.#failures.get(secret) ?? new Map<string, number>()
    this.#failures.set(secret, counts.set(connection, (counts.get(connection) ?? 0) + 1))
    // After whoever is told of the failure has told others of it.
    if (this.isExhausted(secret)) setImmediate(this.#onExhausted)
  }
}
