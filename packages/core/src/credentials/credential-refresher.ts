import { type BackoffOptions, fullJitter } from '../time/backoff.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import type { Credential, CredentialProvider, Identity } from '../contracts/credential-provider.ts'
import { withDeadline } from '../time/deadline.ts'
import { type ErrorCode, isOutage } from '../errors/error-codes.ts'
import { SecretSyncError, toSecretSyncError } from '../errors/secret-sync-error.ts'

/** Where temporary credentials come from: STS, the metadata service of a node. */
export interface CredentialSource {
  /**
   * A new credential. One attempt; {@link CredentialRefresher} decides about the next.
   * @throws SecretSyncError as {@link CredentialProvider.credential}
   */
  fetch(signal: AbortSignal): Promise<Credential>
  /** Closed with the refresher. May be called more than once. */
  close?(): Promise<void>
}

/** One finished refresh, for the metric `credential_refresh_total{provider,result}`. */
export interface CredentialRefresh {
  /** {@link Identity.kind} of whom it was for. */
  readonly provider: string
  /** {@link Identity.fingerprint} of whom it was for. */
  readonly fingerprint: string
  readonly result: 'ok' | ErrorCode
  /** What it failed with. */
  readonly error?: SecretSyncError
  readonly durationMs: number
}

/** Options of {@link CredentialRefresher}. */
export interface CredentialRefresherOptions {
  readonly identity: Identity
  readonly source: CredentialSource
  /** How long before its expiry a credential is replaced, at most a third of its life. @default 600_000 */
  readonly refreshAheadMs?: number
  /** Up to so much earlier, drawn anew each time, so that many replicas do not ask at once. @default 60_000 */
  readonly refreshJitterMs?: number
  /** Pauses after failures, with full jitter. @default { baseMs: 1_000, maxMs: 60_000 } */
  readonly backoff?: BackoffOptions
  /** Pauses between refreshes for credentials that were refused although new. @default { baseMs: 10_000, maxMs: 300_000 } */
  readonly refusedBackoff?: BackoffOptions
  /** Deadline of one fetch. @default 20_000 */
  readonly fetchTimeoutMs?: number
  /** Told of each finished refresh. Must not throw. */
  readonly onRefresh?: (refresh: CredentialRefresh) => void
  /** @default systemClock */
  readonly clock?: Clock
  /** A number in [0, 1). @default Math.random */
  readonly random?: () => number
}

interface Held {
  readonly credential: Credential
  /** Until when it may be handed out and from when it is due for renewal, on the clock that people set … */
  readonly wall: Schedule
  /** … and on the one that nobody can set. The stricter of both counts. */
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

/** A credential is not handed out in its last moments: it has to outlive the call that it is for. */
const EXPIRY_MARGIN_MS = 10_000

/** Longest pause that a source can ask for. */
const MAX_RETRY_AFTER_MS = 300_000

const FOREVER: Schedule = { untilMs: Infinity, renewAtMs: Infinity }

/**
 * Makes a {@link CredentialProvider} of a source of temporary credentials.
 *
 * - One fetch at a time, however many ask.
 * - Works on demand and holds no timer: whoever asks within the last minutes of a credential gets it at once and
 *   starts its renewal in the background. Nobody asks, nothing is fetched.
 * - While a renewal fails the credential is used to its end, and not beyond. From then on the source's own error is
 *   the answer, at once; a new attempt is made by whoever asks after the pause.
 * - A refused credential ({@link CredentialRefresher.invalidate}) is replaced before anybody gets one again. If new ones
 *   are refused too, pauses grow between the fetches, and in them the latest is handed out. So it is, to its end, while the
 *   source cannot be reached: one endpoint's refusal must not take away from everybody else what may be good.
 * - The wall clock may jump: a credential is handed out only while both it and the monotonic clock call it valid.
 */
export class CredentialRefresher implements CredentialProvider, AsyncDisposable {
  readonly identity: Identity
  readonly #options: Required<Omit<CredentialRefresherOptions, 'onRefresh'>> &
    Pick<CredentialRefresherOptions, 'onRefresh'>
  readonly #clock: Clock
  readonly #closing = new AbortController()
  readonly #what: string
  #held: Held | undefined
  #flight: Promise<Credential> | undefined
  #failure: Failure | undefined
  #refusals = { count: 0, lastMs: 0, nextMs: -Infinity }

  constructor(options: CredentialRefresherOptions) {
    this.#options = {
      refreshAheadMs: 600_000,
      refreshJitterMs: 60_000,
      backoff: { baseMs: 1_000, maxMs: 60_000 },
      refusedBackoff: { baseMs: 10_000, maxMs: 300_000 },
      fetchTimeoutMs: 20_000,
      clock: systemClock,
      random: Math.random,
      ...options,
    }
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
    if (this.#flight === undefined && failure !== undefined && this.#clock.monotonic() < failure.retryAtMs) {
      throw failure.error
    }
    try {
      return await this.#orCancelled(this.#renew(), signal)
    } catch (error) {
      const kept = this.#failure?.error === error ? this.#usable() : undefined
      if (kept === undefined) throw error
      return kept.credential
    }
  }

  /** A credential that is no longer the current one is ignored: its refusal came late. */
  invalidate(credential: Credential): void {
    if (this.#held?.credential.accessKeyId === credential.accessKeyId) this.#held.refused = true
  }

  /** Aborts a fetch under way and closes the source. Whoever waits for a credential, or asks later, gets `Cancelled`. */
  async close(): Promise<void> {
    this.#closing.abort()
    // How it ends has been told to those who wait for it.
    await Promise.allSettled([this.#flight])
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
    return mayRenew || this.#flight !== undefined ? undefined : held
  }

  #isDue(held: Held): boolean {
    if (this.#flight !== undefined) return false
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
      // Kept in #failure and told to onRefresh; the credential in hand is still good.
    })
  }

  #renew(): Promise<Credential> {
    this.#flight ??= this.#fetch().finally(() => {
      this.#flight = undefined
    })
    return this.#flight
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
        `${this.#what}: the new credential has expired already, ${agoText(-lifeMs)} by this machine's clock: check that clock`,
      )
    }
    // A share of the life and not a fixed time: a source that gives the same credential again is asked ever more
    // often towards its end, but never at every call.
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
    const askedMs = Math.min(error.facts.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
    return { error, count, retryAtMs: this.#clock.monotonic() + Math.max(pauseMs, askedMs) }
  }

  /** The pause before the next renewal for a refusal doubles, unless the last one is long ago. */
  #countRefusal(nowMs: number): void {
    const { baseMs, maxMs } = this.#options.refusedBackoff
    const { count: before, lastMs } = this.#refusals
    const count = nowMs - lastMs > 2 * maxMs ? 1 : before + 1
    const pauseMs = Math.min(maxMs, baseMs * 2 ** Math.min(count - 1, 52))
    this.#refusals = { count, lastMs: nowMs, nextMs: nowMs + pauseMs }
  }

  async #orCancelled(work: Promise<Credential>, signal: AbortSignal): Promise<Credential> {
    let onAbort: (() => void) | undefined
    const aborted = new Promise<never>((_resolve, reject) => {
      onAbort = () => reject(this.#cancelled())
      signal.addEventListener('abort', onAbort, { once: true })
    })
    try {
      return await Promise.race([work, aborted])
    } finally {
      if (onAbort) signal.removeEventListener('abort', onAbort)
    }
  }

  #cancelled(): SecretSyncError {
    return new SecretSyncError('Cancelled', `${this.#what}: cancelled`)
  }
}

/** No finer than people need it: a message that differs each time would make one failure look like many. */
function agoText(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return 'moments ago'
  return minutes < 120 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`
}
