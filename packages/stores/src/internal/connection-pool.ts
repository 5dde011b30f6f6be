import { type BackendConnection, type CredentialProvider, SecretSyncError } from '@ack-secret-manager/core'
import { LiveConnection } from './live-connection.ts'
import { type Hold, Shared } from './shared.ts'

/** Where and as whom to connect. */
export interface ConnectionTarget {
  readonly region: string
  /** Canonical and allowed. */
  readonly endpoint: string
  readonly provider: CredentialProvider
}

/** Makes a connection. Called once for each pair of endpoint and identity that is in use. */
export type BackendFactory = (target: ConnectionTarget) => BackendConnection

/**
 * Connections and the providers behind them, each once however many stores lead to it, closed when nothing leads to it
 * any more. What it hands out is a handle: it finds the connection of its key at each read, so that a handle from before
 * a store went and came back works again.
 */
export class ConnectionPool {
  readonly #factory: BackendFactory
  readonly #providers: Shared<CredentialProvider>
  readonly #connections: Shared<LiveConnection>
  /** Those in use, and those that are only kept for their last reads. */
  readonly #open = new Set<LiveConnection>()
  readonly #closings = new Set<Promise<void>>()
  #failures: unknown[] = []

  constructor(factory: BackendFactory) {
    this.#factory = factory
    this.#providers = new Shared((provider) => this.#track(provider.close()))
    this.#connections = new Shared((live) => this.#track(live.retire().finally(() => this.#open.delete(live))))
  }

  /** Takes over `provider`, or closes it where an equal one is in use. */
  holdProvider(provider: CredentialProvider): Hold<CredentialProvider> {
    const hold = this.#providers.hold(provider.identity.fingerprint, () => provider)
    if (hold.value !== provider) this.#track(provider.close())
    return hold
  }

  hold(target: ConnectionTarget): Hold<BackendConnection> {
    const key = JSON.stringify([target.endpoint, target.provider.identity.fingerprint])
    const hold = this.#connections.hold(key, () => {
      const live = new LiveConnection(this.#factory(target))
      this.#open.add(live)
      return live
    })
    return { value: this.#handle(key, hold.value.connection), release: () => hold.release() }
  }

  /**
   * Closes every connection at once, whatever is being read. Providers go with their holders.
   * @throws the first failure of any closing there ever was
   */
  async close(): Promise<void> {
    for (const live of this.#open) this.#track(live.closeNow())
    while (this.#closings.size > 0) await Promise.all(this.#closings)
    if (this.#failures.length > 0) throw this.#failures[0]
  }

  #handle(key: string, { key: name, kind, quota }: BackendConnection): BackendConnection {
    return {
      key: name,
      kind,
      quota,
      backend: {
        read: async (ref, options) => {
          const live = this.#connections.get(key)
          if (live !== undefined) return live.read(ref, options)
          const secret = JSON.stringify(ref.name)
          throw new SecretSyncError(
            'Cancelled',
            `KMS secret ${secret}: the store it was read through has changed or is gone`,
          )
        },
        // The pool knows who else reads through it.
        close: async () => undefined,
      },
    }
  }

  #track(closing: Promise<void>): void {
    const settled: Promise<void> = closing
      .catch((error: unknown) => {
        this.#failures = [...this.#failures, error].slice(0, 1)
      })
      .finally(() => this.#closings.delete(settled))
    this.#closings.add(settled)
  }
}
