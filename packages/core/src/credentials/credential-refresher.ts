import { checkLimits } from '../collections/check-limits.ts'
import { type BackoffOptions, fullJitter } from '../retry/backoff.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import type { Credential, CredentialProvider, Identity } from '../contracts/credential-provider.ts'
import { withDeadline } from '../time/deadline.ts'
import { withSignal } from '../time/with-signal.ts'
import { withDefaults } from '../defined.ts'
import { type ErrorCode, isOutage } from '../errors/error-codes.ts'
import { SecretSyncError, toSecretSyncError } from '../errors/secret-sync-error.ts'

/** A source of temporary credentials: STS, the ECS metadata service. */
export interface CredentialSource {
  /**
   * Fetches a new credential. One attempt; {@link CredentialRefresher} retries.
   * @throws SecretSyncError as {@link CredentialProvider.credential}
   */
  fetch(signal: AbortSignal): Promise<Credential>
  /** Closed with the refresher. May be called more than once. */
  close?(): Promise<void>
}

/** One finished refresh, for the metric `credential_refresh_total`. */
export interface CredentialRefresh {
  /** {@link Identity.kind} of the identity. */
  readonly provider: string
  /** {@link Identity.fingerprint} of the identity. */
  readonly fingerprint: string
  readonly result: 'ok' | ErrorCode
  /** The error of a failed refresh. */
  readonly error?: SecretSyncError
  readonly durationMs: number
}

/** Options of every provider that uses a {@link CredentialRefresher}. */
export interface CredentialRefreshOptions {
  /** Called after each refresh. Must not throw. */
  readonly onRefresh?: (refresh: CredentialRefresh) => void
  /** @default systemClock */
  readonly clock?: Clock
  /** A number in [0, 1), for jitter. @default Math.random */
  readonly random?: () => number
}

export interface CredentialRefresherOptions extends CredentialRefreshOptions {
  readonly identity: Identity
  readonly source: CredentialSource
  /** How long before its expiry a credential is renewed, at most a third of its lifetime. @default 600_000 */
  readonly refreshAheadMs?: number
  /** Maximum random time by which a renewal starts earlier, so that replicas do not renew together. @default 60_000 */
  readonly refreshJitterMs?: number
  /** Pauses after failures, with full jitter. @default { baseMs: 1_000, maxMs: 60_000 } */
  readonly backoff?: BackoffOptions
  /** Pauses between refreshes when new credentials are rejected too. @default { baseMs: 10_000, maxMs: 300_000 } */
  readonly refusedBackoff?: BackoffOptions
  /** Deadline of one fetch. @default 20_000 */
  readonly fetchTimeoutMs?: number
}

interface Held {
  readonly credential: Credential
  /** Validity and renewal time on the wall clock. */
  readonly wall: Schedule
  /** The same on the monotonic clock. The earlier time of both clocks counts. */
  readonly monotonic: Schedule
  refused: boolean
}

interface Schedule {
  readonly untilMs: number
  readonly renewAtMs: number
}

interface Failure {
  readonly error: SecretSyncError
  readonly count: number
  readonly retryAtMs: number
}

/** A credential is not used in its last seconds, because it must outlive the call. */
const EXPIRY_MARGIN_MS = 10_000

/** Upper bound for `Retry-After` of a source. */
const MAX_RETRY_AFTER_MS = 300_000

const FOREVER: Schedule = { untilMs: Infinity, renewAtMs: Infinity }

/**
 * A {@link CredentialProvider} over a source of temporary credentials.
 *
 * - At most one fetch is in flight, regardless of the number of callers.
 * - It works on demand and has no timer. A call shortly before the expiry returns the credential and starts a renewal in
 *   the background. Without calls, nothing is fetched.
 * - While renewals fail, the credential is used until it expires. After that, calls fail with the source's error. The
 *   first call after the pause starts a new attempt.
 * - A refused credential ({@link CredentialRefresher.invalidate}) is renewed before the next use. If new credentials are
 *   refused too, the pauses between fetches grow, and calls during a pause return the latest credential.
 * - While the source is unreachable, a refused credential is used until it expires, because only one endpoint refused it.
 * - The wall clock may jump: a credential is used only while it is valid on the wall clock and on the monotonic clock.
 */
export class CredentialRefresher implements CredentialProvider, AsyncDisposable {
  readonly identity: Identity
  readonly #options: Required<Omit<CredentialRefresherOptions, 'onRefresh'>> &
    Pick<CredentialRefresherOptions, 'onRefresh'>
  readonly #clock: Clock
  readonly #closing = new AbortController()
  readonly #what: string
  #held: Held | undefined
  #inFlight: Promise<Credential> | undefined
  #failure: Failure | undefined
  #refusals = { count: 0, lastMs: 0, nextMs: -Infinity }

  /** @throws RangeError for a time that is not a whole number of at least 1; a renewal may start 0 ms ahead, without jitter */
  constructor(options: CredentialRefresherOptions) {
    this.#options = withDefaults(options, {
      refreshAheadMs: 600_000,
      refreshJitterMs: 60_000,
      backoff: { baseMs: 1_000, maxMs: 60_000 },
      refusedBackoff: { baseMs: 10_000, maxMs: 300_000 },
      fetchTimeoutMs: 20_000,
      clock: systemClock,
      random: Math.random,
    })
    const { refreshAheadMs, refreshJitterMs, fetchTimeoutMs, backoff, refusedBackoff } = this.#options
    checkLimits({ refreshAheadMs, refreshJitterMs }, 0)
    checkLimits({ fetchTimeoutMs, 'backoff.baseMs': backoff.baseMs, 'backoff.maxMs': backoff.maxMs })
    checkLimits({ 'refusedBackoff.baseMs': refusedBackoff.baseMs, 'refusedBackoff.maxMs': refusedBackoff.maxMs })
    this.identity = options.identity
    this.#clock = this.#options.clock
    this.#what = `credentials of ${options.identity.description}`
  }

  async credential({ signal }: { signal: AbortSignal }): Promise<Credential> {
    if (signal.aborted || this.#closing.signal.aborted) throw this.#cancelled()
    const held = this.#usable()
    if (held !== undefined) {
      if (this.#isDue(held)) this.#renewInBackground()
      return held.credential
    }
    const failure = this.#failure
    if (this.#inFlight === undefined && failure !== undefined && this.#clock.monotonic() < failure.retryAtMs) {
      throw failure.error
    }
    try {
      return await withSignal(this.#renew(), signal, () => this.#cancelled())
    } catch (error) {
      const kept = this.#failure?.error === error ? this.#usable() : undefined
      if (kept === undefined) throw error
      return kept.credential
    }
  }

  /** Ignores a credential that is no longer the current one. */
  invalidate(credential: Credential): void {
    if (this.#held?.credential.accessKeyId === credential.accessKeyId) this.#held.refused = true
  }

  /** Aborts a fetch in flight and closes the source. Pending and later calls fail with `Cancelled`. */
  async close(): Promise<void> {
    this.#closing.abort()
    // Its callers have received the result or the error.
    await Promise.allSettled([this.#inFlight])
    this.#held = undefined
    await this.#options.source.close?.()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #usable(): Held | undefined {
    const held = this.#held
    if (held === undefined || !this.#isWithin(held, 'untilMs')) return undefined
    if (!held.refused) return held
    if (this.#failure !== undefined) return isOutage(this.#failure.error.code) ? held : undefined
    const mayRenew = this.#clock.monotonic() >= this.#refusals.nextMs
    return mayRenew || this.#inFlight !== undefined ? undefined : held
  }

  #isDue(held: Held): boolean {
    if (this.#inFlight !== undefined) return false
    const failure = this.#failure
    const isWanted = !this.#isWithin(held, 'renewAtMs') || (held.refused && failure !== undefined)
    return isWanted && (failure === undefined || this.#clock.monotonic() >= failure.retryAtMs)
  }

  /** Whether neither clock has reached that point. */
  #isWithin(held: Held, point: keyof Schedule): boolean {
    return this.#clock.now() < held.wall[point] && this.#clock.monotonic() < held.monotonic[point]
  }

  #renewInBackground(): void {
    this.#renew().catch(() => {
      // Kept in #failure and reported to onRefresh; the current credential is still valid.
    })
  }

  #renew(): Promise<Credential> {
    this.#inFlight ??= this.#fetch().finally(() => {
      this.#inFlight = undefined
    })
    return this.#inFlight
  }

  async #fetch(): Promise<Credential> {
    const { source, fetchTimeoutMs: timeoutMs, onRefresh } = this.#options
    const startedMs = this.#clock.monotonic()
    if (this.#held?.refused === true && this.#failure === undefined) this.#countRefusal(startedMs)
    let error: SecretSyncError | undefined
    try {
      const credential = await withDeadline((signal) => source.fetch(signal), {
        timeoutMs,
        what: this.#what,
        signal: this.#closing.signal,
        clock: this.#clock,
      })
      this.#held = this.#hold(credential)
      this.#failure = undefined
      return credential
    } catch (thrown) {
      error = toSecretSyncError(thrown, this.#what)
      this.#failure = this.#failureAfter(error)
      throw error
    } finally {
      const { kind: provider, fingerprint } = this.identity
      const durationMs = this.#clock.monotonic() - startedMs
      onRefresh?.({ provider, fingerprint, durationMs, result: error?.code ?? 'ok', ...(error && { error }) })
    }
  }

  #hold(credential: Credential): Held {
    const { refreshAheadMs, refreshJitterMs, random } = this.#options
    if (credential.expiresAtMs === undefined) return { credential, wall: FOREVER, monotonic: FOREVER, refused: false }
    const nowMs = this.#clock.now()
    const lifeMs = credential.expiresAtMs - nowMs
    if (!(lifeMs > 0)) {
      throw new SecretSyncError(
        'Unauthenticated',
        `${this.#what}: the new credential has expired already, ${agoText(-lifeMs)} by this machine's clock: check that clock, and whether the source renews its credential`,
      )
    }
    // At most a third of the lifetime: a source that returns the same credential again is called more often towards its
    // expiry, but not for every call.
    const aheadMs = Math.min(refreshAheadMs + refreshJitterMs * random(), lifeMs / 3)
    const marginMs = Math.min(EXPIRY_MARGIN_MS, lifeMs / 10)
    const from = (startMs: number): Schedule => ({
      untilMs: startMs + lifeMs - marginMs,
      renewAtMs: startMs + lifeMs - aheadMs,
    })
    return { credential, wall: from(nowMs), monotonic: from(this.#clock.monotonic()), refused: false }
  }

  #failureAfter(error: SecretSyncError): Failure {
    const count = (this.#failure?.count ?? 0) + 1
    const pauseMs = fullJitter(count - 1, this.#options.backoff, this.#options.random)
    // `||`, because a source may compute NaN, which would be no pause.
    const askedMs = Math.min(error.facts.retryAfterMs || 0, MAX_RETRY_AFTER_MS)
    return { error, count, retryAtMs: this.#clock.monotonic() + Math.max(pauseMs, askedMs) }
  }

  /** Doubles the pause before the next renewal after a refusal, unless the last refusal is long ago. */
  #countRefusal(nowMs: number): void {
    const { baseMs, maxMs } = this.#options.refusedBackoff
    const { count: before, lastMs } = this.#refusals
    const count = nowMs - lastMs > 2 * maxMs ? 1 : before + 1
    const pauseMs = Math.min(maxMs, baseMs * 2 ** Math.min(count - 1, 52))
    this.#refusals = { count, lastMs: nowMs, nextMs: nowMs + pauseMs }
  }

  #cancelled(): SecretSyncError {
    return new SecretSyncError('Cancelled', `${this.#what}: cancelled`)
  }
}

/** Coarse, because a message that differs each time would make one failure look like many. */
function agoText(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return 'moments ago'
  return minutes < 120 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`
}
