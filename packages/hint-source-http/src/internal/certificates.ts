import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { HttpsConnection, type HttpsConnectionOptions } from '@ack-secret-manager/alicloud-openapi'
import { type Clock, SecretSyncError, withDeadline } from '@ack-secret-manager/core'
import {
  CERTIFICATE_MS,
  CERTIFICATE_PAUSE_MS,
  CERTIFICATE_TIMEOUT_MS,
  KEY_BITS,
  MAX_CERTIFICATE_BYTES,
  MAX_CERTIFICATES,
} from './limits.ts'

export interface CertificatesOptions extends Omit<HttpsConnectionOptions, 'maxResponseBytes' | 'maxConnections'> {
  readonly clock: Clock
}

interface Cached {
  readonly untilMs: number
  /** Rejects with the failure of the fetch. */
  readonly key: Promise<KeyObject>
}

const PATH = /^\/[A-Za-z0-9._~/-]{1,256}$/

/**
 * Keys of EventBridge by the URL of their certificates. They come from one host only, over TLS, without redirects. A failed fetch is
 * not repeated for ten seconds.
 */
export class Certificates {
  readonly #connection: HttpsConnection
  readonly #clock: Clock
  readonly #cached = new Map<string, Cached>()
  readonly #closing = new AbortController()

  constructor({ clock, ...options }: CertificatesOptions) {
    this.#clock = clock
    this.#connection = new HttpsConnection({
      ...options,
      maxConnections: 2,
      connectTimeoutMs: CERTIFICATE_TIMEOUT_MS,
      maxResponseBytes: MAX_CERTIFICATE_BYTES,
    })
  }

  /** The path of a URL at this host; undefined for any other URL. */
  pathOf(text: string): string | undefined {
    const url = URL.parse(text)
    if (url === null || url.href !== text || url.protocol !== 'https:' || url.host !== this.#host) return undefined
    if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined
    return PATH.test(url.pathname) ? url.pathname : undefined
  }

  /** @throws SecretSyncError for a certificate that cannot be fetched, or has no key of RSA */
  key(path: string): Promise<KeyObject> {
    const nowMs = this.#clock.monotonic()
    for (const [name, { untilMs }] of this.#cached) if (untilMs <= nowMs) this.#cached.delete(name)
    const cached = this.#cached.get(path)
    if (cached !== undefined) return cached.key
    if (this.#cached.size >= MAX_CERTIFICATES) {
      return Promise.reject(
        new SecretSyncError('Throttled', `${this.#what}: more than ${MAX_CERTIFICATES} certificates`),
      )
    }
    const key = this.#fetch(path)
    this.#cached.set(path, { untilMs: nowMs + CERTIFICATE_MS, key })
    key.catch(() => this.#cached.set(path, { untilMs: this.#clock.monotonic() + CERTIFICATE_PAUSE_MS, key }))
    return key
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#connection.close()
  }

  get #host(): string {
    return this.#connection.endpoint.replace(/:443$/, '')
  }

  get #what(): string {
    return `certificates of EventBridge at ${this.#connection.endpoint}`
  }

  async #fetch(path: string): Promise<KeyObject> {
    const what = this.#what
    const signal = this.#closing.signal
    const { status, body } = await withDeadline(
      (until) => this.#connection.send({ method: 'GET', path, headers: {} }, { what, signal: until, resend: true }),
      { timeoutMs: CERTIFICATE_TIMEOUT_MS, what, signal, clock: this.#clock },
    )
    if (status !== 200) throw new SecretSyncError('InvalidResponse', `${what}: HTTP ${status} instead of a certificate`)
    const key = rsaKey(Buffer.from(body).toString('utf8'), this.#clock.now())
    if (key === undefined)
      throw new SecretSyncError('InvalidResponse', `${what}: the response is no valid certificate of RSA`)
    return key
  }
}

/** The key of a certificate that is valid now, or a bare key. */
function rsaKey(pem: string, nowMs: number): KeyObject | undefined {
  try {
    const key = pem.includes('BEGIN CERTIFICATE') ? validKey(new X509Certificate(pem), nowMs) : createPublicKey(pem)
    const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0
    return key?.asymmetricKeyType === 'rsa' && bits >= KEY_BITS.min && bits <= KEY_BITS.max ? key : undefined
  } catch {
    // Drops the error, because parsers quote their input.
    return undefined
  }
}

function validKey(certificate: X509Certificate, nowMs: number): KeyObject | undefined {
  const isValid = certificate.validFromDate.getTime() <= nowMs && nowMs <= certificate.validToDate.getTime()
  return isValid ? certificate.publicKey : undefined
}
