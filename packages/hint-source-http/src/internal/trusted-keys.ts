import { type Clock, type ClockTimer, SecretSyncError, toSecretSyncError } from '@ack-secret-manager/core'
import type { CertificateKey } from './certificate-key.ts'
import {
  CERTIFICATE_MS,
  CERTIFICATE_PAUSE_MS,
  MAX_CERTIFICATES,
  MAX_KEY_AGE_MS,
  MAX_RENEWAL_PAUSE_MS,
} from './limits.ts'

/** An attempt to fetch a certificate. */
export interface CertificateFetch {
  /** Undefined if it succeeded. */
  readonly error?: SecretSyncError
  /** Until when an earlier key verifies events, in wall-clock milliseconds; undefined if there is none. */
  readonly usableUntilMs?: number
  /** Failed attempts for the same certificate before this one. */
  readonly failures: number
}

export interface TrustedKeysOptions {
  readonly clock: Clock
  readonly fetch: (path: string) => Promise<CertificateKey>
  readonly onFetch: (fetch: CertificateFetch) => void
}

interface Trusted {
  latest: CertificateKey
  fetchedMs: number
  failures: number
  renewal: ClockTimer | undefined
}

/**
 * Keys that have verified an event, by the path of their certificate. Each is renewed every hour. While that fails, the last one is used
 * for a day, or until its certificate ends; its path stays known. A further key replaces the one that was used least recently.
 */
export class TrustedKeys {
  readonly #options: TrustedKeysOptions
  /** The one used last is last. */
  readonly #keys = new Map<string, Trusted>()
  /** Paths of the keys, also of those that could not be renewed in time. The one used last is last. */
  readonly #verified = new Set<string>()
  #isClosed = false

  constructor(options: TrustedKeysOptions) {
    this.#options = options
  }

  get(path: string): CertificateKey | undefined {
    const trusted = this.#keys.get(path)
    if (trusted === undefined) return undefined
    if (this.#usableUntilMs(trusted) > this.#options.clock.now()) return trusted.latest
    this.#delete(path)
    return undefined
  }

  /** Whether a key of this path has verified an event, even if it can be used no longer. */
  hasVerified(path: string): boolean {
    return this.#verified.has(path)
  }

  /** The key has verified an event. */
  add(path: string, key: CertificateKey): void {
    if (this.#isClosed) return
    this.#remember(path)
    const known = this.#keys.get(path)
    if (known !== undefined) {
      this.#keys.delete(path)
      this.#keys.set(path, known)
      return
    }
    const fetchedMs = this.#options.clock.monotonic()
    const trusted: Trusted = { latest: key, fetchedMs, failures: 0, renewal: undefined }
    this.#keys.set(path, trusted)
    this.#renewIn(path, trusted, CERTIFICATE_MS)
    const [oldest] = this.#keys.keys()
    if (this.#keys.size > MAX_CERTIFICATES && oldest !== undefined) this.#delete(oldest)
  }

  close(): void {
    this.#isClosed = true
    for (const path of this.#keys.keys()) this.#delete(path)
  }

  #remember(path: string): void {
    this.#verified.delete(path)
    this.#verified.add(path)
    const [oldest] = this.#verified
    if (this.#verified.size > MAX_CERTIFICATES && oldest !== undefined) this.#verified.delete(oldest)
  }

  #delete(path: string): void {
    this.#keys.get(path)?.renewal?.cancel()
    this.#keys.delete(path)
  }

  #usableUntilMs({ latest, fetchedMs }: Trusted): number {
    const { clock } = this.#options
    return Math.min(latest.notAfterMs, clock.now() + MAX_KEY_AGE_MS - (clock.monotonic() - fetchedMs))
  }

  #renewIn(path: string, trusted: Trusted, delayMs: number): void {
    trusted.renewal = this.#options.clock.setTimeout(() => void this.#renew(path, trusted), delayMs)
  }

  async #renew(path: string, trusted: Trusted): Promise<void> {
    const { clock, fetch, onFetch } = this.#options
    const { failures } = trusted
    const fetched = await fetch(path).catch((error: unknown) => toSecretSyncError(error, 'fetching a certificate'))
    if (this.#keys.get(path) !== trusted) return
    if (fetched instanceof SecretSyncError) {
      const usableUntilMs = this.#usableUntilMs(trusted)
      onFetch({ error: fetched, usableUntilMs, failures })
      if (usableUntilMs <= clock.now()) return this.#delete(path)
      trusted.failures += 1
      return this.#renewIn(path, trusted, Math.min(CERTIFICATE_PAUSE_MS * 2 ** failures, MAX_RENEWAL_PAUSE_MS))
    }
    Object.assign(trusted, { latest: fetched, fetchedMs: clock.monotonic(), failures: 0 })
    onFetch({ failures })
    this.#renewIn(path, trusted, CERTIFICATE_MS)
  }
}
