import { isDeepStrictEqual } from 'node:util'
import { type Clock, toSecretSyncError, withDeadline } from '@ack-secret-manager/core'
import type { KubeCredentials, KubeCredentialSource } from './kube-credentials.ts'

/** Shortest time between two forced reloads. Each may run a login command, and the API server may reject every request. */
const MIN_RENEWAL_MS = 5_000

/** Shortest time between a load and a reload that is not forced. It may run a login command whose credentials have expired. */
const MIN_RELOAD_MS = 2_000

/** Caches the credentials, and reloads them when they age or are rejected. All callers share one reload. */
export class CredentialCache {
  readonly #source: KubeCredentialSource
  readonly #clock: Clock
  readonly #maxAgeMs: number
  readonly #timeoutMs: number
  readonly #closed = new AbortController()
  #current: KubeCredentials | undefined
  /** Whether files were read and commands run for the current ones. */
  #isFresh = false
  #loadedAtMs = 0
  #renewedAtMs = -Infinity
  #loading: Promise<KubeCredentials> | undefined

  /** @param options `timeoutMs`: deadline for reading files and running login commands */
  constructor(options: {
    readonly source: KubeCredentialSource
    readonly clock: Clock
    readonly maxAgeMs: number
    readonly timeoutMs: number
  }) {
    this.#source = options.source
    this.#clock = options.clock
    this.#maxAgeMs = options.maxAgeMs
    this.#timeoutMs = options.timeoutMs
  }

  /** Credentials that need no reload. */
  get cached(): KubeCredentials | undefined {
    return this.#clock.monotonic() - this.#loadedAtMs < this.#maxAgeMs ? this.#current : undefined
  }

  /** @throws SecretSyncError `Unauthenticated` | `InvalidSpec` | `Timeout` if there are no credentials */
  async current(): Promise<KubeCredentials> {
    const { cached } = this
    if (cached !== undefined) return cached
    const current = this.#current
    if (current === undefined) return await this.#load(false)
    try {
      return await this.#load(false)
    } catch {
      // The cached credentials may still be valid. If the API server rejects them, `renew` reports the failure.
      this.#loadedAtMs = this.#clock.monotonic()
      return current
    }
  }

  /**
   * Returns newer credentials than the rejected ones. If it is too early to run login commands again, only files are read, because a
   * rejected credential may be replaced at any moment. Undefined if there are no other credentials yet.
   */
  async renew(rejected: KubeCredentials): Promise<KubeCredentials | undefined> {
    if (this.#current === rejected && this.#loading !== undefined) await this.#loading
    const current = this.#current
    // A reload of aged credentials may have returned the rejected ones again.
    const isNewer = current !== rejected && current !== undefined && (this.#isFresh || !areSame(current, rejected))
    if (isNewer) return current
    const nowMs = this.#clock.monotonic()
    if (this.#loading === undefined && nowMs - this.#renewedAtMs < MIN_RENEWAL_MS) return await this.reload(rejected)
    this.#renewedAtMs = nowMs
    return await this.#load(true)
  }

  /** Returns other credentials than those that failed; undefined if they have not changed, or were loaded a moment ago. */
  async reload(failed: KubeCredentials): Promise<KubeCredentials | undefined> {
    const isDue = this.#clock.monotonic() - this.#loadedAtMs >= MIN_RELOAD_MS
    if (this.#loading !== undefined || isDue) {
      try {
        await this.#load(false)
      } catch {
        // The caller reports why there is no connection.
        this.#loadedAtMs = this.#clock.monotonic()
      }
    }
    const current = this.#current
    return current === undefined || areSame(current, failed) ? undefined : current
  }

  close(): void {
    this.#closed.abort()
  }

  #load(fresh: boolean): Promise<KubeCredentials> {
    this.#loading ??= this.#loadOnce(fresh).finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #loadOnce(fresh: boolean): Promise<KubeCredentials> {
    const what = `loading credentials from ${this.#source.description}`
    const limits = { timeoutMs: this.#timeoutMs, what, signal: this.#closed.signal, clock: this.#clock }
    let loaded: KubeCredentials
    try {
      loaded = await withDeadline((signal) => this.#source.load({ signal, fresh }), limits)
    } catch (error) {
      throw toSecretSyncError(error, what)
    }
    this.#current = loaded
    this.#isFresh = fresh
    this.#loadedAtMs = this.#clock.monotonic()
    return loaded
  }
}

/** Whether the API server treats both the same. */
function areSame(one: KubeCredentials, other: KubeCredentials): boolean {
  return isDeepStrictEqual(exposed(one), exposed(other))
}

function exposed({ server, tls, headers, proxyUrl }: KubeCredentials): readonly unknown[] {
  return [server, { ...tls, cert: tls.cert?.expose(), key: tls.key?.expose() }, headers.expose(), proxyUrl]
}
