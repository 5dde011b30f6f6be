import { HttpsConnection, type HttpsConnectionOptions } from '@ack-secret-manager/alicloud-openapi'
import { type Clock, remember, SecretSyncError, toSecretSyncError, withDeadline } from '@ack-secret-manager/core'
import { type CertificateKey, certificateKey } from './certificate-key.ts'
import {
  CERTIFICATE_MS,
  CERTIFICATE_PAUSE_MS,
  CERTIFICATE_TIMEOUT_MS,
  MAX_CERTIFICATE_BYTES,
  MAX_CERTIFICATES,
  MAX_FETCHES_PER_MINUTE,
} from './limits.ts'
import { type CertificateFetch, TrustedKeys } from './trusted-keys.ts'

export interface CertificatesOptions extends Omit<HttpsConnectionOptions, 'maxResponseBytes' | 'maxConnections'> {
  readonly clock: Clock
  readonly onFetch: (fetch: CertificateFetch) => void
}

/** A certificate whose key has verified nothing yet. */
interface Candidate {
  untilMs: number
  /** Rejects with the failure of the fetch. */
  readonly key: Promise<CertificateKey>
}

const PATH = /^\/[A-Za-z0-9._~/-]{1,256}$/

/**
 * Keys of EventBridge by the URL of their certificates. They come from one host only, over TLS, without redirects. Requests choose the URL,
 * so fetches of new ones are limited, and a key displaces one that verifies events only when it does so itself.
 */
export class Certificates {
  readonly #connection: HttpsConnection
  readonly #clock: Clock
  readonly #onFetch: (fetch: CertificateFetch) => void
  readonly #trusted: TrustedKeys
  /** Oldest first. */
  readonly #candidates = new Map<string, Candidate>()
  /** Monotonic times of the fetches in the last minute of paths whose key has verified nothing. */
  #fetchesMs: readonly number[] = []
  readonly #closing = new AbortController()

  constructor({ clock, onFetch, ...options }: CertificatesOptions) {
    this.#clock = clock
    this.#onFetch = onFetch
    this.#trusted = new TrustedKeys({ clock, onFetch, fetch: (path) => this.#fetch(path) })
    this.#connection = new HttpsConnection({
      ...options,
      maxConnections: 2,
      connectTimeoutMs: CERTIFICATE_TIMEOUT_MS,
      maxResponseBytes: MAX_CERTIFICATE_BYTES,
    })
  }

  /** The path of a URL at this host; undefined for any other URL. */
  pathOf(text: string): string | undefined {
    const path = URL.parse(text)?.pathname ?? ''
    return text === `https://${this.#host}${path}` && PATH.test(path) ? path : undefined
  }

  /** @throws SecretSyncError for a certificate that cannot be fetched, or has no key of RSA; `Throttled` for too many new ones */
  async key(path: string): Promise<CertificateKey> {
    return this.#trusted.get(path) ?? this.#candidate(path)
  }

  /** The key of this path has verified an event. */
  trust(path: string, key: CertificateKey): void {
    this.#candidates.delete(path)
    this.#trusted.add(path, key)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#trusted.close()
    await this.#connection.close()
  }

  get #host(): string {
    return this.#connection.endpoint.replace(/:443$/, '')
  }

  get #what(): string {
    return `certificates of EventBridge at ${this.#connection.endpoint}`
  }

  #candidate(path: string): Promise<CertificateKey> {
    const nowMs = this.#clock.monotonic()
    for (const [name, { untilMs }] of this.#candidates) if (untilMs <= nowMs) this.#candidates.delete(name)
    const known = this.#candidates.get(path)
    if (known !== undefined) return known.key
    if (!this.#trusted.hasVerified(path)) this.#takeFetch(nowMs)
    const key = this.#fetch(path)
    const candidate: Candidate = { untilMs: nowMs + CERTIFICATE_MS, key }
    remember(this.#candidates, path, candidate, MAX_CERTIFICATES)
    void this.#finish(candidate)
    return key
  }

  /** Reports the fetch, and sets how long its result is used. */
  async #finish(candidate: Candidate): Promise<void> {
    const fetched = await candidate.key.catch((error: unknown) => toSecretSyncError(error, this.#what))
    const nowMs = this.#clock.monotonic()
    if (fetched instanceof SecretSyncError) {
      candidate.untilMs = nowMs + CERTIFICATE_PAUSE_MS
      return this.#onFetch({ error: fetched, failures: 0 })
    }
    candidate.untilMs = Math.min(candidate.untilMs, nowMs + fetched.notAfterMs - this.#clock.now())
    this.#onFetch({ failures: 0 })
  }

  #takeFetch(nowMs: number): void {
    this.#fetchesMs = this.#fetchesMs.filter((atMs) => atMs > nowMs - 60_000)
    if (this.#fetchesMs.length >= MAX_FETCHES_PER_MINUTE) {
      const message = `${this.#what}: events name more than ${MAX_FETCHES_PER_MINUTE} new ones in a minute`
      throw new SecretSyncError('Throttled', message)
    }
    this.#fetchesMs = [...this.#fetchesMs, nowMs]
  }

  async #fetch(path: string): Promise<CertificateKey> {
    const what = this.#what
    const signal = this.#closing.signal
    const { status, body } = await withDeadline(
      (until) => this.#connection.send({ method: 'GET', path, headers: {} }, { what, signal: until, resend: true }),
      { timeoutMs: CERTIFICATE_TIMEOUT_MS, what, signal, clock: this.#clock },
    )
    if (status !== 200) throw new SecretSyncError('InvalidResponse', `${what}: HTTP ${status} instead of a certificate`)
    const key = certificateKey(Buffer.from(body).toString('utf8'), this.#clock.now())
    if (key === undefined)
      throw new SecretSyncError('InvalidResponse', `${what}: the response is no valid certificate of RSA`)
    return key
  }
}
