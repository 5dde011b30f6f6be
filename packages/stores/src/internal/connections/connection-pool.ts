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
import type { ConnectionTarget } from './connection-target.ts'
import { LiveConnection, type CredentialState } from './live-connection.ts'
import { type Ref, RefCounted } from './ref-counted.ts'

export interface ConnectionPoolOptions {
  readonly clock: Clock
  /** Reads of the connection with this target key fail as `Unauthenticated`, or succeed again. */
  readonly onCredentialState: (target: string, state: CredentialState) => void
}

/**
 * Shares connections and identities between stores and closes them with their last reference. A returned connection is a
 * handle that looks its key up at each read. So a handle stays valid when its store is deleted and created again. Its key is that of
 * the target, because resources with equal keys share reads, which must not end with the store of one of them.
 */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions
  readonly #providers: RefCounted<CredentialProvider>
  readonly #clientKeys: RefCounted<ClientKey>
  readonly #connections: RefCounted<LiveConnection>
  /** Connections in use, and connections that drain. */
  readonly #open = new Set<LiveConnection>()
  readonly #closings = new Set<Promise<void>>()
  #failures: unknown[] = []

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
    this.#providers = new RefCounted((provider) => this.#afterReads(() => provider.close()))
    this.#clientKeys = new RefCounted((key) => this.#afterReads(async () => key.close()))
    this.#connections = new RefCounted((live) => this.#track(live.drain().finally(() => this.#open.delete(live))))
  }

  /** Takes ownership of `provider`. Closes it if an equal provider is in use already. */
  acquireProvider(provider: CredentialProvider): Ref<CredentialProvider> {
    const ref = this.#providers.acquire(provider.identity.fingerprint, () => provider)
    if (ref.value !== provider) this.#track(provider.close())
    return ref
  }

  /** Takes ownership of `key`. Closes it if an equal key is in use already. */
  acquireClientKey(key: ClientKey): Ref<ClientKey> {
    const ref = this.#clientKeys.acquire(key.identity.fingerprint, () => key)
    if (ref.value !== key) key.close()
    return ref
  }

  acquire(target: ConnectionTarget): Ref<BackendConnection> {
    const { key } = target
    const { clock, onCredentialState } = this.#options
    const ref = this.#connections.acquire(key, () => {
      const live = new LiveConnection(target.connect(), {
        clock,
        plugin: target.package,
        onChange: (state) => onCredentialState(key, state),
      })
      this.#open.add(live)
      return live
    })
    const { connection } = ref.value
    const endpoint = target.at?.endpoint ?? connection.endpoint
    return {
      value: { ...this.#handle(key, connection), ...(endpoint !== undefined && { endpoint }) },
      release: () => ref.release(),
    }
  }

  /** The error of the latest reads at this target if they failed as `Unauthenticated`. */
  refusal(target: string): SecretSyncError | undefined {
    return this.#connections.get(target)?.refusal
  }

  /**
   * Closes every connection at once; running reads are cancelled. Identities are closed with their last reference.
   * @throws the first error of any `close()` since the pool was created
   */
  async close(): Promise<void> {
    for (const live of this.#open) this.#track(live.closeNow())
    while (this.#closings.size > 0) await Promise.all(this.#closings)
    if (this.#failures.length > 0) throw this.#failures[0]
  }

  /** Closes an unreferenced identity once draining connections are closed, because their reads may still use it. */
  #afterReads(close: () => Promise<void>): void {
    this.#track(
      Promise.allSettled([...this.#open].filter((live) => live.isDraining).map((live) => live.closed)).then(close),
    )
  }

  #handle(key: string, { kind, quota, backend }: BackendConnection): BackendConnection {
    const current = (what: string): LiveConnection => {
      const found = this.#connections.get(key)
      if (found !== undefined) return found
      throw new SecretSyncError('Cancelled', `${what}: its store was changed or deleted during the read`)
    }
    const live = ({ name: secret }: SecretRef): LiveConnection => current(`secret ${JSON.stringify(secret)}`)
    return {
      key,
      kind,
      quota,
      backend: {
        read: async (ref, options) => live(ref).read(ref, options),
        ...(backend.checkAccess === undefined
          ? {}
          : { checkAccess: async (ref, options) => live(ref).use((open) => checkAccess(open, ref, options)) }),
        ...(backend.readMany === undefined || backend.batch === undefined
          ? {}
          : {
              batch: backend.batch,
              readMany: async (refs, options) => (refs[0] === undefined ? [] : live(refs[0]).readMany(refs, options)),
            }),
        ...(backend.list === undefined
          ? {}
          : { list: async (options) => current('the list of secrets').list(options) }),
        // The pool closes the backend with its last reference.
        close: async () => undefined,
      },
    }
  }

  #track(closing: Promise<void>): void {
    const tracked: Promise<void> = closing
      .catch((error: unknown) => {
        this.#failures = [...this.#failures, error].slice(0, 1)
      })
      .finally(() => this.#closings.delete(tracked))
    this.#closings.add(tracked)
  }
}

/** The handle promises `checkAccess` because the first backend of its key had it. */
async function checkAccess(
  backend: SecretBackend,
  ref: SecretRef,
  options: { signal: AbortSignal },
): Promise<AccessCheck> {
  const check = await backend.checkAccess?.(ref, options)
  if (check !== undefined) return check
  throw new SecretSyncError(
    'Unavailable',
    `secret ${JSON.stringify(ref.name)}: the backend no longer supports access checks`,
  )
}
