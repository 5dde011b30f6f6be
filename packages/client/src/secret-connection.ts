import { type Clock, fullJitter, SecretSyncError, sleep, withDeadline } from '@ack-secret-manager/core'
import { isAuthenticationError } from './authentication-error.ts'
import type { CachedSecret } from './internal/cached-secret.ts'
import { closeResource } from './internal/close-resource.ts'
import { holds, notify } from './internal/notify.ts'
import { referencedClock } from './internal/unreferenced-clock.ts'
import type { SecretVersion } from './secret-version.ts'

/**
 * Opens a resource with one version: a pool, a client of a database. It is closed again by the connection. The signal aborts when the
 * connection stops waiting for it.
 */
export type OpenResource<T> = (version: SecretVersion, options: { readonly signal: AbortSignal }) => T | Promise<T>

/** Options of `SecretClient.connect`. */
export interface ConnectOptions<T> {
  /** Closes a resource. @default its `[Symbol.asyncDispose]`, `[Symbol.dispose]`, `end`, `close`, `disconnect`, `destroy` or `quit` */
  readonly close?: (resource: T) => unknown
  /** Whether an error says that user or password are rejected. What it throws is a warning of the process. @default the errors of common drivers */
  readonly isAuthenticationError?: (error: unknown) => boolean
  /** Deadline of one call of `open`. @default 30_000 */
  readonly openTimeoutMs?: number
  /** How long a rejected version is compared with KMS: a rotation may change the database first. @default 10_000 */
  readonly rotationWindowMs?: number
  /** How long a replaced resource is kept for the work that uses it. @default 30_000 */
  readonly drainMs?: number
  /** Receives errors of the background: a resource that cannot be opened, which is tried again, or closed. */
  readonly onError?: (error: unknown) => void
  /** Stage label. @default ACSCurrent */
  readonly versionStage?: string
  /** Stops opening the first resource. @default none */
  readonly signal?: AbortSignal
}

/** Parts of a {@link SecretConnection}. */
export interface SecretConnectionParts<T> extends ConnectOptions<T> {
  readonly secret: CachedSecret
  readonly open: OpenResource<T>
  readonly clock: Clock
  readonly random: () => number
  /** Connections that the client closes. This one is among them from before it is opened until it is closed. */
  readonly connections: Set<AsyncDisposable>
}

interface Opened<T> {
  readonly version: SecretVersion
  readonly resource: T
  /** Calls of `use` in progress. */
  uses: number
  /** Set when it is replaced. */
  onUnused?: () => void
}

const OPEN_TIMEOUT_MS = 30_000
const DRAIN_MS = 30_000
const WINDOW_PAUSES = { baseMs: 200, maxMs: 2_000 }
/** After a rejected version without a newer one. */
const REJECTED_PAUSES = { baseMs: 1_000, maxMs: 60_000 }
/** After a new version that could not be opened. */
const REOPEN_PAUSES = { baseMs: 1_000, maxMs: 30_000 }
const NO_REJECTIONS = { count: 0, untilMs: -Infinity }

/**
 * A resource that is opened with a secret, such as a pool of a database, and replaced when the secret changes: in the background, or
 * when the server rejects the password.
 */
export class SecretConnection<T> implements AsyncDisposable {
  readonly #parts: SecretConnectionParts<T>
  readonly #isRejected: (error: unknown) => boolean
  readonly #closing = new AbortController()
  readonly #closings = new Set<Promise<void>>()
  /** Calls of `open` whose deadline is over or that close() has cancelled: their resources are closed. */
  readonly #abandoned = new Set<Promise<void>>()
  #current: Opened<T> | undefined
  #replacing: Promise<Opened<T> | undefined> | undefined
  #rejections = NO_REJECTIONS
  #unfollow: (() => void) | undefined
  #isCatchingUp = false
  #ended: Promise<void> | undefined

  private constructor(parts: SecretConnectionParts<T>) {
    this.#parts = parts
    const { isAuthenticationError: predicate = isAuthenticationError } = parts
    this.#isRejected = (error) => holds('isAuthenticationError', predicate, error)
  }

  /** @throws the error of `open`, or `Cancelled` when the signal aborts or the client is closed */
  static async open<T>(first: SecretVersion, parts: SecretConnectionParts<T>): Promise<SecretConnection<T>> {
    const connection = new SecretConnection(parts)
    const cancel = (): void => void connection.close()
    parts.connections.add(connection)
    parts.signal?.addEventListener('abort', cancel)
    try {
      if (parts.signal?.aborted) cancel()
      await connection.#openFirst(first)
      return connection
    } catch (error) {
      cancel()
      throw error
    } finally {
      parts.signal?.removeEventListener('abort', cancel)
    }
  }

  /** The version that the current resource is opened with. */
  get version(): SecretVersion {
    return this.#opened().version
  }

  /** The current resource, to look at. It is closed as soon as it is replaced: for work, use `use()`. */
  get current(): T {
    return this.#opened().resource
  }

  /**
   * Runs `work` with the current resource. If the server rejects the password, the secret is read again, the resource is replaced, and
   * `work` runs once more. So `work` must be a single query or a transaction.
   * @throws the error of `work`
   */
  async use<R>(work: (resource: T) => R | Promise<R>): Promise<R> {
    const opened = this.#opened()
    try {
      const result = await run(opened, work)
      // Connections of before the rejection still work: only a success after the pause says that the server accepts the password.
      if (opened === this.#current && this.#parts.clock.monotonic() >= this.#rejections.untilMs) {
        this.#rejections = NO_REJECTIONS
      }
      return result
    } catch (error) {
      if (!this.#isRejected(error)) throw error
      const replacement = await this.#replacementOf(opened)
      if (replacement === undefined) throw error
      return await run(replacement, work)
    }
  }

  /** Closes the resource after the work in progress, and stops following the secret. Waits at most `drainMs` for each of its steps. */
  close(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #end(): Promise<void> {
    this.#closing.abort()
    this.#unfollow?.()
    if (this.#current !== undefined) this.#retire(this.#current)
    this.#current = undefined
    const { clock, connections, drainMs = DRAIN_MS } = this.#parts
    const opens = Promise.allSettled([this.#replacing, ...this.#abandoned])
    const limit = { timeoutMs: drainMs, what: 'opening a resource', signal: new AbortController().signal }
    await withDeadline(() => opens, { ...limit, clock: referencedClock(clock) }).catch(() => undefined)
    await Promise.all(this.#closings)
    connections.delete(this)
  }

  #opened(): Opened<T> {
    if (this.#current === undefined || this.#closing.signal.aborted) {
      throw closedError()
    }
    return this.#current
  }

  async #openFirst(version: SecretVersion): Promise<void> {
    const { secret } = this.#parts
    try {
      this.#current = await this.#make(version)
    } catch (error) {
      if (!this.#isRejected(error)) throw error
      this.#current = await this.#search(version)
      if (this.#current === undefined && !this.#closing.signal.aborted) throw error
    }
    if (this.#closing.signal.aborted) {
      if (this.#current !== undefined) this.#retire(this.#current)
      throw closedError()
    }
    this.#unfollow = secret.onChange(() => void this.#catchUp())
    void this.#catchUp()
  }

  async #make(version: SecretVersion): Promise<Opened<T>> {
    const { open, clock, openTimeoutMs: timeoutMs = OPEN_TIMEOUT_MS } = this.#parts
    const what = `opening a resource with ${version.toString()}`
    let opening: Promise<T> | undefined
    const start = (signal: AbortSignal): Promise<T> => {
      opening = (async () => open(version, { signal }))()
      return opening
    }
    try {
      const options = { timeoutMs, what, signal: this.#closing.signal, clock: referencedClock(clock) }
      return { version, resource: await withDeadline(start, options), uses: 0 }
    } catch (error) {
      if (opening !== undefined) this.#abandon(opening)
      throw error
    }
  }

  /** Closes the resource if `open` still returns one. */
  #abandon(opening: Promise<T>): void {
    const { drainMs = DRAIN_MS } = this.#parts
    const closed = opening.then(
      (resource) => this.#closeResource(resource, drainMs),
      () => undefined,
    )
    this.#abandoned.add(closed)
    void closed.then(() => this.#abandoned.delete(closed))
  }

  /** Another resource than a rejected one; undefined without a newer version. Concurrent callers share it. */
  async #replacementOf(rejected: Opened<T>): Promise<Opened<T> | undefined> {
    // The replacement in progress may be by a version that is rejected, too.
    await this.#replacing?.catch(() => undefined)
    if (this.#current !== rejected) return this.#current
    const { secret, clock } = this.#parts
    const isNewer = secret.peek()?.equals(rejected.version) === false
    if (!isNewer && clock.monotonic() < this.#rejections.untilMs) return undefined
    return this.#replaceBy(() => this.#search(rejected.version))
  }

  /** Replaces the current resource. One replacement at a time. */
  #replaceBy(make: () => Promise<Opened<T> | undefined>): Promise<Opened<T> | undefined> {
    this.#replacing ??= this.#replace(make).finally(() => {
      this.#replacing = undefined
    })
    return this.#replacing
  }

  async #replace(make: () => Promise<Opened<T> | undefined>): Promise<Opened<T> | undefined> {
    const next = await make()
    if (next === undefined) return undefined
    if (this.#closing.signal.aborted) {
      this.#retire(next)
      return undefined
    }
    const before = this.#current
    this.#current = next
    this.#rejections = NO_REJECTIONS
    if (before !== undefined) this.#retire(before)
    return next
  }

  /** Reads the secret until it has another version than the rejected one, and opens that. */
  async #search(rejected: SecretVersion): Promise<Opened<T> | undefined> {
    const { secret, clock, random, rotationWindowMs = 10_000 } = this.#parts
    // A rotation is awaited once. If the password stays rejected, a single read looks for another one.
    const untilMs = clock.monotonic() + (this.#rejections.count === 0 ? rotationWindowMs : 0)
    let last = rejected
    for (let attempt = 0; !this.#closing.signal.aborted; attempt += 1) {
      // While KMS is away, there is no newer version.
      const version = await secret.refresh().catch(() => last)
      const opened = version.equals(last) ? undefined : await this.#makeUnlessRejected(version)
      if (opened !== undefined) return opened
      last = version
      const pauseMs = fullJitter(attempt, WINDOW_PAUSES, random)
      if (clock.monotonic() + pauseMs > untilMs) break
      await this.#pause(pauseMs, referencedClock(clock))
    }
    const count = this.#rejections.count + 1
    const pauseMs = REJECTED_PAUSES.baseMs + fullJitter(count, REJECTED_PAUSES, random)
    this.#rejections = { count, untilMs: clock.monotonic() + pauseMs }
    return undefined
  }

  async #makeUnlessRejected(version: SecretVersion): Promise<Opened<T> | undefined> {
    try {
      return await this.#make(version)
    } catch (error) {
      if (this.#isRejected(error)) return undefined
      throw error
    }
  }

  /** Opens a new version in the background, before the old password stops working. */
  async #catchUp(): Promise<void> {
    if (this.#isCatchingUp) return
    this.#isCatchingUp = true
    try {
      for (let failures = 0; this.#isBehind(); failures += 1) await this.#openLatest(failures)
    } finally {
      this.#isCatchingUp = false
    }
  }

  #isBehind(): boolean {
    const version = this.#closing.signal.aborted ? undefined : this.#parts.secret.peek()
    return version !== undefined && this.#current?.version.equals(version) === false
  }

  async #openLatest(failures: number): Promise<void> {
    const { secret, clock, random, onError } = this.#parts
    const version = secret.peek()
    if (version === undefined) return
    try {
      await this.#replaceBy(() => this.#make(version))
    } catch (error) {
      if (this.#closing.signal.aborted) return
      notify('onError', onError, error)
      await this.#pause(fullJitter(failures, REOPEN_PAUSES, random), clock)
    }
  }

  async #pause(pauseMs: number, clock: Clock): Promise<void> {
    await sleep(pauseMs, { clock, signal: this.#closing.signal }).catch(() => undefined)
  }

  /** Closes a resource when no work uses it any more, or after `drainMs`. */
  #retire(opened: Opened<T>): void {
    const { clock, drainMs = DRAIN_MS } = this.#parts
    const closed = new Promise<void>((resolve) => {
      const timer = referencedClock(clock).setTimeout(() => opened.onUnused?.(), drainMs)
      opened.onUnused = () => {
        delete opened.onUnused
        timer.cancel()
        resolve(this.#closeResource(opened.resource, drainMs))
      }
    })
    this.#closings.add(closed)
    void closed.then(() => this.#closings.delete(closed))
    if (opened.uses === 0) opened.onUnused?.()
  }

  async #closeResource(resource: T, timeoutMs: number): Promise<void> {
    const { close = closeResource, clock, onError } = this.#parts
    const options = { timeoutMs, what: 'closing a replaced resource', signal: new AbortController().signal }
    try {
      await withDeadline(async () => void (await close(resource)), { ...options, clock: referencedClock(clock) })
    } catch (error) {
      notify('onError', onError, error)
    }
  }
}

function closedError(): SecretSyncError {
  return new SecretSyncError('Cancelled', 'the secret connection is closed')
}

async function run<T, R>(opened: Opened<T>, work: (resource: T) => R | Promise<R>): Promise<R> {
  opened.uses += 1
  try {
    return await work(opened.resource)
  } finally {
    opened.uses -= 1
    if (opened.uses === 0) opened.onUnused?.()
  }
}
