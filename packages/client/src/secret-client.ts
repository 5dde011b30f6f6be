import {
  checkLimits,
  defined,
  type Identity,
  type SecretBackend,
  type SecretRef,
  SecretSyncError,
  TEXT_LIMITS,
  withDeadline,
} from '@ack-secret-manager/core'
import type { CachedSecret, CacheSettings } from './internal/cached-secret.ts'
import { checkDurations, checkFunctions } from './internal/check-options.ts'
import { ChangeWaiter } from './internal/change-waiter.ts'
import { SecretCache } from './internal/secret-cache.ts'
import { referencedClock } from './internal/unreferenced-clock.ts'
import { readSecret } from './internal/read-attempts.ts'
import { type ConnectOptions, type OpenResource, SecretConnection } from './secret-connection.ts'
import type { SecretStatus } from './secret-client-options.ts'
import type { SecretVersion } from './secret-version.ts'

/** Which version, and when to stop waiting. */
export interface ReadOptions {
  /** Stage label. @default ACSCurrent */
  readonly versionStage?: string
  /** Pins one version; takes precedence over `versionStage`. */
  readonly versionId?: string
  /** Stops waiting; a read that others wait for goes on. @default none */
  readonly signal?: AbortSignal
}

/** Parts of a {@link SecretClient}. */
export interface SecretClientParts extends Omit<CacheSettings, 'read'> {
  readonly backend: SecretBackend
  readonly identity: Pick<Identity, 'kind' | 'description'>
  readonly maxSecrets: number
  /** Closes the backend and its identity. */
  readonly close: () => Promise<void>
}

/** A lone surrogate has no UTF-8 form. */
const SURROGATE = /\p{Surrogate}/u
/** After the deadline of the read, whose error is better. */
const DEADLINE_MARGIN_MS = 1_000

/** Reads secrets as one identity. Create it once per process with `createSecretClient`. */
export class SecretClient implements AsyncDisposable {
  /** Who reads. No other identity is ever tried. */
  readonly identity: Pick<Identity, 'kind' | 'description'>
  readonly #parts: SecretClientParts
  readonly #cache: SecretCache
  readonly #closing = new AbortController()
  readonly #connections = new Set<AsyncDisposable>()
  #ended: Promise<void> | undefined

  constructor(parts: SecretClientParts) {
    const { identity, backend, timeoutMs, clock, random, maxSecrets } = parts
    this.identity = identity
    this.#parts = parts
    const reader = { backend, timeoutMs, clock, random, identity: identity.description, signal: this.#closing.signal }
    const read = (ref: SecretRef, attempts: number): Promise<SecretVersion> => readSecret(ref, attempts, reader)
    this.#cache = new SecretCache({ ...parts, read }, maxSecrets)
  }

  /** The current version of a secret, from the cache unless it is due. @throws SecretSyncError */
  async read(name: string, options: ReadOptions = {}): Promise<SecretVersion> {
    const secret = this.#secret(name, options)
    // No timer if no read is necessary.
    return secret.peek() ?? this.#await(name, () => secret.get(), options.signal)
  }

  /** The value as text. @throws SecretSyncError */
  async text(name: string, options?: ReadOptions): Promise<string> {
    return (await this.read(name, options)).text()
  }

  /** The parsed JSON; `T` is not verified. @throws SecretSyncError */
  async json<T = unknown>(name: string, options?: ReadOptions): Promise<T> {
    return (await this.read(name, options)).json<T>()
  }

  /** The bytes as stored. @throws SecretSyncError */
  async bytes(name: string, options?: ReadOptions): Promise<Uint8Array> {
    return (await this.read(name, options)).bytes()
  }

  /**
   * The current version, then each change. A slow consumer gets the latest only. Ends when the client is closed; an outage does not
   * end it, and `return()` ends it at once. Waiting for a change does not keep the process alive.
   * @throws SecretSyncError if the first read fails, and `Cancelled` when the signal aborts
   */
  watch(name: string, options: ReadOptions = {}): AsyncGenerator<SecretVersion, void, undefined> {
    const ending = new AbortController()
    const versions = this.#versions(name, options, ending.signal)
    // A generator would end only after the change for which it waits.
    const end = versions.return.bind(versions)
    versions.return = async (value) => {
      ending.abort()
      return end(value)
    }
    return versions
  }

  async *#versions(
    name: string,
    options: ReadOptions,
    ending: AbortSignal,
  ): AsyncGenerator<SecretVersion, void, undefined> {
    const secret = this.#secret(name, options)
    const changes = new ChangeWaiter(secret, {
      closing: this.#closing.signal,
      ending,
      signal: options.signal,
    })
    try {
      let seen = secret.peek()
      try {
        seen ??= await this.#await(name, () => secret.get(), options.signal, ending)
      } catch (error) {
        if (ending.aborted) return
        throw error
      }
      for (;;) {
        yield seen
        const next = await changes.after(seen)
        if (next === undefined) return
        seen = next
      }
    } finally {
      changes.stop()
    }
  }

  /**
   * Opens a resource with the current version, and replaces it when the secret changes: in the background, or when the server rejects
   * the password. User and password always come from one version.
   * @throws SecretSyncError if there is no value or an option is wrong, RangeError for a limit, or the error of `open`
   * @example
   * ```ts
   * await using db = await kms.connect('shop/db', (version) => new pg.Pool(version.json()))
   * const { rows } = await db.use((pool) => pool.query('select now()'))
   * ```
   */
  async connect<T>(name: string, open: OpenResource<T>, options: ConnectOptions<T> = {}): Promise<SecretConnection<T>> {
    const { versionStage, signal, close, isAuthenticationError, onError } = options
    const { rotationWindowMs, drainMs, openTimeoutMs } = options
    checkFunctions({ open, close, isAuthenticationError, onError })
    checkDurations({ rotationWindowMs, drainMs })
    checkLimits(defined({ openTimeoutMs }))
    const secret = this.#secret(name, defined({ versionStage }))
    const { clock, random } = this.#parts
    // Keeps the secret in the cache while it is opened.
    const stop = secret.onChange(() => undefined)
    try {
      const first = secret.peek() ?? (await this.#await(name, () => secret.get(), signal))
      this.#checkOpen()
      const connections = this.#connections
      return await SecretConnection.open(first, { ...options, secret, open, clock, random, connections })
    } finally {
      stop()
    }
  }

  /** The cached secrets without their values, for a health endpoint. */
  status(): readonly SecretStatus[] {
    return this.#cache.status()
  }

  /**
   * Aborts all reads, drops all values, closes all connections. Later calls fail with `Cancelled`.
   * @throws the error of the backend, or SecretSyncError `Timeout` if it does not close within `timeoutMs`
   */
  close(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<void> {
    this.#closing.abort()
    this.#cache.close()
    await Promise.all([...this.#connections].map((connection) => connection[Symbol.asyncDispose]()))
    const { timeoutMs, clock } = this.#parts
    const limit = { timeoutMs, what: 'closing the backend', signal: new AbortController().signal }
    await withDeadline(() => this.#parts.close(), { ...limit, clock: referencedClock(clock) })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #secret(name: string, { versionStage, versionId }: ReadOptions): CachedSecret {
    this.#checkOpen()
    if (typeof name !== 'string' || name === '' || name.length > TEXT_LIMITS.secretName || SURROGATE.test(name)) {
      throw new SecretSyncError(
        'InvalidSpec',
        `name: expected the name of a secret, 1 to ${TEXT_LIMITS.secretName} characters`,
      )
    }
    // The current version in place of another one would go unnoticed.
    for (const [option, value] of Object.entries<unknown>({ versionStage, versionId })) {
      if (value === undefined || (typeof value === 'string' && value !== '')) continue
      throw new SecretSyncError('InvalidSpec', `${option}: expected a text that is not empty`)
    }
    const version = versionId === undefined ? { versionStage: versionStage ?? 'ACSCurrent' } : { versionId }
    return this.#cache.get({ name, ...version })
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw new SecretSyncError('Cancelled', 'the secret client is closed')
  }

  /** Waits with a timer that keeps the process alive, other than those of refreshes. */
  async #await<T>(
    name: string,
    work: () => Promise<T>,
    signal: AbortSignal = this.#closing.signal,
    closing?: AbortSignal,
  ): Promise<T> {
    const { timeoutMs, clock } = this.#parts
    return withDeadline(work, {
      timeoutMs: timeoutMs + DEADLINE_MARGIN_MS,
      what: `secret ${JSON.stringify(name)}`,
      signal,
      ...defined({ closing }),
      clock: referencedClock(clock),
    })
  }
}
