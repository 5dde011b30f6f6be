import {
  type Clock,
  type ClockTimer,
  isOutage,
  type SecretRef,
  SecretSyncError,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import type { SecretRead, SecretStatus } from '../secret-client-options.ts'
import type { SecretVersion } from '../secret-version.ts'
import { notify } from './notify.ts'
import { refreshDelayMs, retryDelayMs } from './refresh-schedule.ts'

/** What all secrets of a client share. */
export interface CacheSettings {
  /** @throws SecretSyncError */
  readonly read: (ref: SecretRef, attempts: number) => Promise<SecretVersion>
  readonly refreshIntervalMs: number
  readonly maxStaleMs: number
  readonly maxIdleMs: number
  readonly timeoutMs: number
  /** Its timers do not keep the process alive. */
  readonly clock: Clock
  readonly random: () => number
  readonly onRead?: (read: SecretRead) => void
}

interface Confirmed {
  readonly version: SecretVersion
  readonly atMs: number
  readonly monotonicMs: number
}

interface Failure {
  readonly error: SecretSyncError
  readonly count: number
  /** When KMS first refused the read; an outage between two refusals changes nothing. */
  readonly refusedMs: number | undefined
  readonly sinceMs: number
  readonly retryAtMs: number
}

/** Attempts of a read without an earlier value. */
const FIRST_ATTEMPTS = 3

/**
 * The last value of one secret, and its refreshes. At most one read is in flight. A value is confirmed once per interval, and handed
 * out up to `maxStaleMs` while KMS is away. It is dropped when KMS refuses it for an interval: a short refusal may be a change of
 * permissions in progress.
 */
export class CachedSecret {
  readonly #ref: SecretRef
  readonly #settings: CacheSettings
  readonly #onIdle: () => void
  readonly #listeners = new Set<() => void>()
  #confirmed: Confirmed | undefined
  #failure: Failure | undefined
  #inFlight: Promise<SecretVersion> | undefined
  #timer: ClockTimer | undefined
  #usedMs: number
  #closed = false

  /** @param onIdle called once when the secret has not been used for `maxIdleMs` */
  constructor(ref: SecretRef, settings: CacheSettings, onIdle: () => void) {
    this.#ref = ref
    this.#settings = settings
    this.#onIdle = onIdle
    this.#usedMs = settings.clock.monotonic()
  }

  get isFollowed(): boolean {
    return this.#listeners.size > 0
  }

  /** The value, if no read is necessary. */
  peek(): SecretVersion | undefined {
    this.#usedMs = this.#settings.clock.monotonic()
    const { refreshIntervalMs, timeoutMs } = this.#settings
    const isDueAfterMs = refreshIntervalMs + timeoutMs
    if (this.#failure === undefined && this.#ageMs() >= isDueAfterMs) return undefined
    return this.#kept()
  }

  /** The value. @throws SecretSyncError with the reason if there is none that may be used */
  async get(): Promise<SecretVersion> {
    const version = this.peek()
    if (version !== undefined) return version
    const { clock } = this.#settings
    const failure = this.#failure
    if (this.#inFlight === undefined && failure !== undefined && clock.monotonic() < failure.retryAtMs) {
      throw this.#unusable(failure)
    }
    try {
      return await this.refresh()
    } catch (error) {
      const kept = this.#kept()
      if (kept !== undefined) return kept
      throw this.#failure === undefined ? error : this.#unusable(this.#failure)
    }
  }

  /** Reads now, or joins the read in flight. @throws SecretSyncError */
  refresh(): Promise<SecretVersion> {
    this.#inFlight ??= this.#read().finally(() => {
      this.#inFlight = undefined
    })
    return this.#inFlight
  }

  /** Calls `listener` after each change, and at the end. @returns a function that stops it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#usedMs = this.#settings.clock.monotonic()
      this.#listeners.delete(listener)
    }
  }

  status(): SecretStatus {
    const confirmed = this.#confirmed
    const failure = this.#failure
    return {
      name: this.#ref.name,
      ...(confirmed && { versionId: confirmed.version.versionId, confirmedAt: new Date(confirmed.atMs) }),
      ...(failure && { failingSince: new Date(failure.sinceMs), error: failure.error }),
    }
  }

  /** Drops the value and stops refreshes. A read in flight still has its result. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#confirmed = undefined
    for (const listener of this.#listeners) listener()
  }

  async #read(): Promise<SecretVersion> {
    const { read, clock } = this.#settings
    const startedMs = clock.monotonic()
    const before = this.#confirmed?.version
    try {
      const version = await read(this.#ref, before === undefined ? FIRST_ATTEMPTS : 1)
      const isChanged = before === undefined || !before.equals(version)
      this.#confirm(version)
      this.#report({ result: 'ok', versionId: version.versionId, isChanged }, startedMs)
      if (isChanged) for (const listener of this.#listeners) listener()
      return version
    } catch (thrown) {
      const error = toSecretSyncError(thrown, this.#ref.name)
      if (!this.#closed) this.#fail(error)
      this.#report({ result: error.code, isChanged: false, error }, startedMs)
      throw error
    }
  }

  #report(read: Omit<SecretRead, 'name' | 'durationMs'>, startedMs: number): void {
    const { onRead, clock } = this.#settings
    if (onRead === undefined) return
    const durationMs = clock.monotonic() - startedMs
    queueMicrotask(() => notify('onRead', onRead, { name: this.#ref.name, durationMs, ...read }))
  }

  #confirm(version: SecretVersion): void {
    if (this.#closed) return
    const { clock, refreshIntervalMs: intervalMs, random } = this.#settings
    this.#failure = undefined
    this.#confirmed = { version, atMs: clock.now(), monotonicMs: clock.monotonic() }
    this.#schedule(refreshDelayMs(version.rotation, clock.now(), { intervalMs, random }))
  }

  #fail(error: SecretSyncError): void {
    const { clock, refreshIntervalMs: intervalMs, random } = this.#settings
    const before = this.#failure
    const count = (before?.count ?? 0) + 1
    const nowMs = clock.monotonic()
    const refusedMs = before?.refusedMs ?? (isRefusal(error) ? nowMs : undefined)
    const delayMs = retryDelayMs(error, count, { intervalMs, random })
    const sinceMs = before?.sinceMs ?? clock.now()
    this.#failure = { error, count, refusedMs, sinceMs, retryAtMs: nowMs + delayMs }
    if (isRefusal(error) && refusedMs !== undefined && nowMs - refusedMs >= intervalMs) this.#confirmed = undefined
    this.#schedule(delayMs)
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel()
    this.#timer = this.#settings.clock.setTimeout(() => this.#onTimer(), delayMs)
  }

  #onTimer(): void {
    const { clock, maxIdleMs } = this.#settings
    const idleMs = clock.monotonic() - this.#usedMs
    if (!this.isFollowed && idleMs >= maxIdleMs) {
      this.#onIdle()
      return
    }
    // Without a value there is nothing to refresh: the next caller reads.
    if (!this.isFollowed && this.#confirmed === undefined) {
      this.#schedule(maxIdleMs - idleMs)
      return
    }
    this.refresh().catch(() => {
      // Kept in #failure, and reported to onRead.
    })
  }

  /** The last value, unless it is too old. */
  #kept(): SecretVersion | undefined {
    return this.#ageMs() < this.#settings.maxStaleMs ? this.#confirmed?.version : undefined
  }

  /** By the clock that says more: the monotonic one does not advance while the machine sleeps. */
  #ageMs(): number {
    const { clock } = this.#settings
    const confirmed = this.#confirmed
    if (confirmed === undefined) return Infinity
    return Math.max(clock.monotonic() - confirmed.monotonicMs, clock.now() - confirmed.atMs)
  }

  #unusable({ error, count, sinceMs }: Failure): SecretSyncError {
    const confirmed = this.#confirmed
    if (confirmed === undefined && count === 1) return error
    const since = `reads fail since ${timeText(sinceMs)}`
    const stale =
      confirmed &&
      `version ${confirmed.version.versionId} is too old to use: confirmed at ${timeText(confirmed.atMs)}, limit maxStaleMs ${this.#settings.maxStaleMs}`
    const message = [stale, since].filter((part) => part !== undefined).join('; ')
    return new SecretSyncError(error.code, `${message}: ${error.message}`, { facts: error.facts, cause: error })
  }
}

/** Whether KMS has answered that this identity may not have the value. */
function isRefusal({ code }: SecretSyncError): boolean {
  return !isOutage(code) && code !== 'Internal' && code !== 'Cancelled'
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
