import type { ClientKey } from '@ack-secret-manager/auth-aap'
import {
  type AccessCheck,
  type BackendConnection,
  type Clock,
  type CredentialProvider,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
} from '@ack-secret-manager/core'
import { type BackendFactory, type ConnectionTarget, targetKey } from './connection-target.ts'
import { LiveConnection, type Standing } from './live-connection.ts'
import { type Hold, Shared } from './ref-counted.ts'

/** Options of {@link ConnectionPool}. */
export interface ConnectionPoolOptions {
  readonly factory: BackendFactory
  readonly clock: Clock
  /** The reads of the connection with this target key are refused for its credential's sake, or accepted again. */
  readonly onStanding: (target: string, standing: Standing) => void
}

/**
 * Connections and the identities behind them, each once however many stores lead to it, closed when nothing leads to it
 * any more. What it hands out is a handle: it finds the connection of its key at each read, so that a handle from before
 * a store went and came back works again.
 */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions
  readonly #providers: Shared<CredentialProvider>
  readonly #clientKeys: Shared<ClientKey>
  readonly #connections: Shared<LiveConnection>
  /** Those in use, and those that are only kept for their last reads. */
  readonly #open = new Set<LiveConnection>()
  readonly #closings = new Set<Promise<void>>()
  #failures: unknown[] = []

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
    this.#providers = new Shared((provider) => this.#afterReads(() => provider.close()))
    this.#clientKeys = new Shared((key) => this.#afterReads(async () => key.close()))
    this.#connections = new Shared((live) => this.#track(live.retire().finally(() => this.#open.delete(live))))
  }

  /** Takes over `provider`, or closes it where an equal one is in use. */
  holdProvider(provider: CredentialProvider): Hold<CredentialProvider> {
    const hold = this.#providers.hold(provider.identity.fingerprint, () => provider)
    if (hold.value !== provider) this.#track(provider.close())
    return hold
  }

  /** Takes over `key`, or closes it where an equal one is in use. */
  holdClientKey(key: ClientKey): Hold<ClientKey> {
    const hold = this.#clientKeys.hold(key.identity.fingerprint, () => key)
    if (hold.value !== key) key.close()
    return hold
  }

  hold(target: ConnectionTarget): Hold<BackendConnection> {
    const key = targetKey(target)
    const { factory, clock, onStanding } = this.#options
    const hold = this.#connections.hold(key, () => {
      const live = new LiveConnection(factory(target), {
        clock,
        plugin: target.kind === 'plugin' ? target.package : undefined,
        onChange: (standing) => onStanding(key, standing),
      })
      this.#open.add(live)
      return live
    })
    const endpoint = target.kind === 'plugin' ? {} : { endpoint: target.endpoint }
    return { value: { ...this.#handle(key, hold.value.connection), ...endpoint }, release: () => hold.release() }
  }

  /** Why the latest reads at this target were refused as `Unauthenticated`, if they were. */
  refusal(target: string): SecretSyncError | undefined {
    return this.#connections.get(target)?.refusal
  }

  /**
   * Closes every connection at once, whatever is being read. Identities go with their holders.
   * @throws the first failure of any closing there ever was
   */
  async close(): Promise<void> {
    for (const live of this.#open) this.#track(live.closeNow())
    while (this.#closings.size > 0) await Promise.all(this.#closings)
    if (this.#failures.length > 0) throw this.#failures[0]
  }

  /** An identity that nobody holds may still be proving a read of a connection that is kept for its last ones. */
  #afterReads(close: () => Promise<void>): void {
    this.#track(
      Promise.allSettled([...this.#open].filter((live) => live.isRetired).map((live) => live.closed)).then(close),
    )
  }

  #handle(key: string, { key: name, kind, quota, backend }: BackendConnection): BackendConnection {
    const live = ({ name: secret }: SecretRef): LiveConnection => {
      const found = this.#connections.get(key)
      if (found !== undefined) return found
      throw new SecretSyncError(
        'Cancelled',
        `secret ${JSON.stringify(secret)}: the store it was read through has changed or is gone`,
      )
    }
    return {
      key: name,
      kind,
      quota,
      backend: {
        read: async (ref, options) => live(ref).read(ref, options),
        ...(backend.checkAccess === undefined
          ? {}
          : { checkAccess: async (ref, options) => live(ref).use((one) => askAccess(one, ref, options)) }),
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

/** Of a backend whose like has told before. */
async function askAccess(
  backend: SecretBackend,
  ref: SecretRef,
  options: { signal: AbortSignal },
): Promise<AccessCheck> {
  const answer = await backend.checkAccess?.(ref, options)
  if (answer !== undefined) return answer
  throw new SecretSyncError('Unavailable', `secret ${JSON.stringify(ref.name)}: the backend cannot tell any more`)
}
