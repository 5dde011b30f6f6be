import {
  type BackendConnection,
  type Clock,
  isSecretSyncError,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
} from '@ack-secret-manager/core'

/** Whether reads are refused for the credential's sake. */
export type Standing = 'refused' | 'accepted'

/** Options of {@link LiveConnection}. */
export interface LiveConnectionOptions {
  readonly clock: Clock
  /** Name of the package, where it is a plug-in. */
  readonly plugin: string | undefined
  /** The first refusal after a success, or the first success after a refusal. */
  readonly onChange: (standing: Standing) => void
}

/**
 * A refusal that no read has repeated for this long says nothing any more: those who were refused ask every five minutes.
 * For as long a success of a plug-in tells that its credential is good.
 */
const REFUSAL_LASTS_MS = 600_000

/** A connection that is closed when its last read is over, and what has become of its reads. */
export class LiveConnection {
  readonly connection: BackendConnection
  readonly #options: LiveConnectionOptions
  readonly #closed = withResolvers()
  #readsUnderWay = 0
  #retired = false
  #refusal: { readonly error: SecretSyncError; readonly atMs: number } | undefined
  #acceptedAtMs = -Infinity

  constructor(connection: BackendConnection, options: LiveConnectionOptions) {
    this.connection = connection
    this.#options = options
  }

  /** Nobody leads here any more: it is kept for the reads under way. */
  get isRetired(): boolean {
    return this.#retired
  }

  /** Resolves when it is closed. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /**
   * Why the latest reads were refused as `Unauthenticated`, if they were: the same error until one succeeds. Names no
   * secret.
   */
  get refusal(): SecretSyncError | undefined {
    if (this.#refusal === undefined) return undefined
    const ageMs = this.#options.clock.monotonic() - this.#refusal.atMs
    return ageMs < REFUSAL_LASTS_MS ? this.#refusal.error : undefined
  }

  async read(ref: SecretRef, options: { signal: AbortSignal }): Promise<SecretValue> {
    try {
      const value = await this.use((backend) => backend.read(ref, options))
      this.#accepted()
      return value
    } catch (error) {
      if (isSecretSyncError(error) && error.code === 'Unauthenticated') this.#refused(error, ref)
      throw error
    }
  }

  /** Keeps the backend open for as long as `work` takes. */
  async use<T>(work: (backend: SecretBackend) => Promise<T>): Promise<T> {
    this.#readsUnderWay += 1
    try {
      return await work(this.connection.backend)
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

  #accepted(): void {
    const wasRefused = this.#refusal !== undefined
    this.#refusal = undefined
    this.#acceptedAtMs = this.#options.clock.monotonic()
    if (wasRefused) this.#tell('accepted')
  }

  #refused(error: SecretSyncError, ref: SecretRef): void {
    const { clock, plugin } = this.#options
    const atMs = clock.monotonic()
    // A plug-in may call one secret alone so: what it gives beside it tells that its credential is good.
    if (plugin !== undefined && atMs - this.#acceptedAtMs < REFUSAL_LASTS_MS) return
    const former = this.refusal
    this.#refusal = { error: former ?? (plugin === undefined ? withoutSecret(error, ref) : refusedBy(plugin)), atMs }
    if (former === undefined) this.#tell('refused')
  }

  #tell(standing: Standing): void {
    if (!this.#retired) this.#options.onChange(standing)
  }

  #close(): void {
    this.connection.backend.close().then(this.#closed.resolve, this.#closed.reject)
  }
}

/** Whoever reads of the refusal need not know what else is read with this credential. */
function withoutSecret(error: SecretSyncError, { name }: SecretRef): SecretSyncError {
  const message = error.message.replaceAll(` ${JSON.stringify(name)}`, '')
  return new SecretSyncError(error.code, message, { facts: error.facts })
}

/** What a plug-in says may name anything, in any words: it is for whoever has read. */
function refusedBy(plugin: string): SecretSyncError {
  return new SecretSyncError(
    'Unauthenticated',
    `package ${plugin} refuses its credential; what it says is told where the secret was asked for`,
  )
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
