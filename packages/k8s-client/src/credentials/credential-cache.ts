import { type Clock, withDeadline } from '@ack-secret-manager/core'
import type { KubeCredentials, KubeCredentialSource } from './kube-credentials.ts'

/** Pause between two forced loads: an API server that refuses everything must not make us run a login command per request. */
const MIN_RENEWAL_MS = 5_000

/** How long files and login commands may take. */
const LOAD_TIMEOUT_MS = 30_000

/** Holds the credentials in use, and loads them anew when they grow old or are refused. One load at a time, shared by all. */
export class CredentialCache {
  readonly #source: KubeCredentialSource
  readonly #clock: Clock
  readonly #maxAgeMs: number
  readonly #closed = new AbortController()
  #current: KubeCredentials | undefined
  #loadedAtMs = 0
  #renewedAtMs = -Infinity
  #loading: Promise<KubeCredentials> | undefined

  constructor(options: { readonly source: KubeCredentialSource; readonly clock: Clock; readonly maxAgeMs: number }) {
    this.#source = options.source
    this.#clock = options.clock
    this.#maxAgeMs = options.maxAgeMs
  }

  /** @throws SecretSyncError `Unauthenticated` | `InvalidSpec` | `Timeout` when there are none at all */
  async current(): Promise<KubeCredentials> {
    const current = this.#current
    if (current === undefined) return await this.#load(false)
    if (this.#clock.monotonic() - this.#loadedAtMs < this.#maxAgeMs) return current
    try {
      return await this.#load(false)
    } catch {
      // What we have may still be good, and the API server is the one to say so: when it refuses, `renew` reports the failure.
      this.#loadedAtMs = this.#clock.monotonic()
      return current
    }
  }

  /** Newer credentials than the refused ones; undefined when there cannot be any yet. */
  async renew(refused: KubeCredentials): Promise<KubeCredentials | undefined> {
    if (this.#current !== refused && this.#current !== undefined) return this.#current
    const nowMs = this.#clock.monotonic()
    if (this.#loading === undefined && nowMs - this.#renewedAtMs < MIN_RENEWAL_MS) return undefined
    this.#renewedAtMs = nowMs
    return await this.#load(true)
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
    const loaded = await withDeadline((signal) => this.#source.load({ signal, fresh }), {
      timeoutMs: LOAD_TIMEOUT_MS,
      what: `loading credentials from ${this.#source.description}`,
      signal: this.#closed.signal,
      clock: this.#clock,
    })
    this.#current = loaded
    this.#loadedAtMs = this.#clock.monotonic()
    return loaded
  }
}
