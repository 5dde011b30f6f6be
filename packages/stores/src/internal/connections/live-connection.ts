import {
  type BackendConnection,
  type Clock,
  isSecretSyncError,
  type ListOptions,
  type ReadResult,
  type SecretBackend,
  type SecretPage,
  type SecretRef,
  SecretSyncError,
  type SecretValue,
} from '@ack-secret-manager/core'

/** Whether the service rejects or accepts the credential of a connection. */
export type CredentialState = 'refused' | 'accepted'

export interface LiveConnectionOptions {
  readonly clock: Clock
  /** Package name of a backend package. */
  readonly plugin: string | undefined
  /** Called at the first refusal after a success, and at the first success after a refusal. */
  readonly onChange: (state: CredentialState) => void
}

/**
 * How long a refused read counts without another refusal; refused reads are retried every five minutes. A successful read of
 * a backend package counts for the same time as proof of its credential.
 */
const REFUSAL_LASTS_MS = 600_000

/** A connection that drains before it is closed, and the credential state that its reads show. */
export class LiveConnection {
  readonly connection: BackendConnection
  readonly #options: LiveConnectionOptions
  readonly #closed = Promise.withResolvers<void>()
  #activeReads = 0
  #draining = false
  #isClosing = false
  #refusal: { readonly error: SecretSyncError; readonly atMs: number } | undefined
  #acceptedAtMs = -Infinity

  constructor(connection: BackendConnection, options: LiveConnectionOptions) {
    this.connection = connection
    this.#options = options
  }

  /** Without references; kept open for its active reads. */
  get isDraining(): boolean {
    return this.#draining
  }

  /** Resolves when the backend is closed. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /**
   * The error of the latest reads if they failed as `Unauthenticated`: the same object until a read succeeds. Names no
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

  /** Several reads in one request. @throws SecretSyncError as `readMany` of the backend */
  async readMany(
    refs: readonly SecretRef[],
    options: { signal: AbortSignal },
  ): Promise<ReadonlyArray<ReadResult | undefined>> {
    const results = await this.use(async (backend) => backend.readMany?.(refs, options) ?? refs.map(() => undefined))
    for (const [index, ref] of refs.entries()) {
      const result = results[index]
      if (result?.value !== undefined) this.#accepted()
      else if (result?.error.code === 'Unauthenticated') this.#refused(result.error, ref)
    }
    return results
  }

  /** A page of the list of secrets. @throws SecretSyncError as `list` of the backend; `Unavailable` if it has none any more */
  async list(options: ListOptions): Promise<SecretPage> {
    const page = await this.use(async (backend) => backend.list?.(options))
    if (page !== undefined) return page
    throw new SecretSyncError('Unavailable', 'listing secrets: the backend no longer supports it')
  }

  /** Runs `work` and keeps the backend open until it ends. */
  async use<T>(work: (backend: SecretBackend) => Promise<T>): Promise<T> {
    this.#activeReads += 1
    try {
      return await work(this.connection.backend)
    } finally {
      this.#activeReads -= 1
      if (this.#draining && this.#activeReads === 0) this.#close()
    }
  }

  /** Closes the backend after its last active read, which each read's deadline bounds. Resolves when it is closed. */
  drain(): Promise<void> {
    this.#draining = true
    if (this.#activeReads === 0) this.#close()
    return this.#closed.promise
  }

  /** Closes the backend at once; active reads fail with `Cancelled`. */
  closeNow(): Promise<void> {
    this.#close()
    return this.#closed.promise
  }

  #accepted(): void {
    const wasRefused = this.#refusal !== undefined
    this.#refusal = undefined
    this.#acceptedAtMs = this.#options.clock.monotonic()
    if (wasRefused) this.#notify('accepted')
  }

  #refused(error: SecretSyncError, ref: SecretRef): void {
    const { clock, plugin } = this.#options
    const atMs = clock.monotonic()
    // A backend package may report Unauthenticated for a single secret; a recent success elsewhere shows that its credential works.
    if (plugin !== undefined && atMs - this.#acceptedAtMs < REFUSAL_LASTS_MS) return
    const former = this.refusal
    this.#refusal = { error: former ?? (plugin === undefined ? withoutSecret(error, ref) : refusedBy(plugin)), atMs }
    if (former === undefined) this.#notify('refused')
  }

  #notify(state: CredentialState): void {
    if (!this.#draining) this.#options.onChange(state)
  }

  #close(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    // A backend may throw at once, which must not be the result of its last read.
    const closing = (async () => this.connection.backend.close())()
    closing.then(this.#closed.resolve, this.#closed.reject)
  }
}

/** The store's status shows this error to users who may not know which secrets are read with this credential. */
function withoutSecret(error: SecretSyncError, { name }: SecretRef): SecretSyncError {
  const message = error.message.replaceAll(` ${JSON.stringify(name)}`, '')
  return new SecretSyncError(error.code, message, { facts: error.facts })
}

/** The message of a backend package may name any secret, so only the resource that read it gets that message. */
function refusedBy(plugin: string): SecretSyncError {
  return new SecretSyncError(
    'Unauthenticated',
    `package ${plugin} reports that its credential is rejected; see the status of the ExternalSecrets that read through it`,
  )
}
