import type { BackendConnection, SecretRef, SecretValue } from '@ack-secret-manager/core'

/** A connection that is closed when its last read is over. */
export class LiveConnection {
  readonly connection: BackendConnection
  readonly #closed = withResolvers()
  #readsUnderWay = 0
  #retired = false

  constructor(connection: BackendConnection) {
    this.connection = connection
  }

  /** Nobody leads here any more: it is kept for the reads under way. */
  get isRetired(): boolean {
    return this.#retired
  }

  /** Resolves when it is closed. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  async read(ref: SecretRef, options: { signal: AbortSignal }): Promise<SecretValue> {
    this.#readsUnderWay += 1
    try {
      return await this.connection.backend.read(ref, options)
    } finally {
      this.#readsUnderWay -= 1
      if (this.#retired && this.#readsUnderWay === 0) this.#close()
    }
  }

  /** Closes the backend when no read is under way any more, which the reads' own deadlines bound. Resolves then. */
  retire(): Promise<void> {
    this.#retired = true
    if (this.#readsUnderWay === 0) this.#close()
    return this.#closed.promise
  }

  /** Closes the backend at once; its reads fail with `Cancelled`. */
  closeNow(): Promise<void> {
    this.#close()
    return this.#closed.promise
  }

  #close(): void {
    this.connection.backend.close().then(this.#closed.resolve, this.#closed.reject)
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (reason: unknown) => void } {
  let resolve = (): void => undefined
  let reject: (reason: unknown) => void = () => undefined
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
