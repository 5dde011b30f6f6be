import {
  type BackendConnection,
  type BackoffOptions,
  fullJitter,
  isOutage,
  limitedRetryAfterMs,
  type ListedSecret,
  type SecretSyncError,
} from '@ack-secret-manager/core'
import { namespaceOf } from '../model/resource.ts'
import type { Pause } from '../queue/turn-pacer.ts'
import { type Listing, nextListing } from './listing.ts'
import type { Interest } from './interest.ts'
import { SelectionChange } from './selection-change.ts'

/** The state of the list of a connection. Has a listing, an error, or both. */
export interface ListingReading {
  /** Of the latest complete sweep. */
  readonly listing: Listing | undefined
  /** Of the latest sweep, if it failed; of an outage only once the listing is stale. */
  readonly error: SecretSyncError | undefined
  /** No sweep has succeeded for some intervals. */
  readonly stale: boolean
}

export interface ReadingOptions {
  readonly withTags: boolean
  /** Only a sweep that began at this time or later counts. @default any */
  readonly sinceMs?: number | undefined
}

interface Subscriber {
  intervalMs: number
  readonly interests: readonly Interest[]
  /** The state that it knows; 0 for none. */
  version: number
}

const BACKOFF: BackoffOptions = { baseMs: 2_000, maxMs: 300_000 }
const STALE_AFTER_INTERVALS = 3
/** Minimum time from the start of a sweep to the next one, whatever triggers it. */
const MIN_PAUSE_MS = 1_000
/** The same for sweeps at an interval. */
const MIN_INTERVAL_MS = 10_000
/** Maximum part of the time for sweeps that hints trigger, because hints can arrive without limit. */
const HINT_SHARE = 1 / 4

/** The sweeps of one connection, for all resources that find secrets through it. */
export class SweptConnection {
  readonly key: string
  /** The connection that was given last. */
  connection: BackendConnection
  timerIndex = -1
  /** Aborts a sweep when nothing needs it any more. */
  readonly stop = new AbortController()
  isRunning = false
  /** The namespaces of its subscribers, each with their number. */
  readonly namespaces = new Map<string, number>()
  /** Memory of the latest complete list. */
  bytes = 0
  readonly #subscribers = new Map<string, Subscriber>()
  readonly #random: () => number
  #listing: Listing | undefined
  #error: SecretSyncError | undefined
  #isStale = false
  /** Start of the latest sweep that has ended. */
  #endedStartMs = -Infinity
  #startMs = -Infinity
  /** Of the latest success, or of the first sweep. */
  #succeededMs: number | undefined
  #failures = 0
  #retryMs = -Infinity
  #isRequested = false
  #isHinted = false
  /** Duration of the latest sweep. */
  #sweepMs = 0
  /** Grows with each change that subscribers can notice. */
  #version = 1
  /** The listings before and after the latest version, if nothing else has changed. */
  #listChange: { readonly version: number; readonly before: Listing; readonly after: Listing } | undefined
  /** Why the list was dropped while it is being read. */
  #dropped: SecretSyncError | undefined
  #waiting = Promise.withResolvers<void>()
  #waitingSinceMs: number | undefined

  constructor(connection: BackendConnection, random: () => number) {
    this.key = connection.key
    this.connection = connection
    this.#random = random
  }

  get hasSubscribers(): boolean {
    return this.#subscribers.size > 0
  }

  get withTags(): boolean {
    return [...this.#subscribers.values()].some(({ interests }) => interests.some(({ withTags }) => withTags))
  }

  get size(): number {
    return this.#listing?.entries.size ?? 0
  }

  get isFailing(): boolean {
    return this.#error !== undefined
  }

  /** When the next sweep is due; Infinity for never. */
  get dueMs(): number {
    if (this.isRunning) return Infinity
    const soonestMs = Math.max(this.#startMs + MIN_PAUSE_MS, this.#retryMs)
    if (this.#isRequested || (this.#error !== undefined && isOutage(this.#error.code))) return soonestMs
    // The first sweep is due at once, also if there is no interval.
    const dueMs = this.#startMs === -Infinity ? -Infinity : this.#startMs + Math.max(this.#intervalMs, MIN_INTERVAL_MS)
    const hintedMs = this.#isHinted ? this.#startMs + Math.max(MIN_INTERVAL_MS, this.#sweepMs / HINT_SHARE) : Infinity
    return Math.max(soonestMs, Math.min(dueMs, hintedMs))
  }

  /** Resolves at the end of the sweep that runs, or of the next one. */
  get ended(): Promise<void> {
    return this.#waiting.promise
  }

  /** Time since the first subscriber began to wait for the end of a sweep. Later subscribers share this wait. */
  waitedMs(nowMs: number): number {
    this.#waitingSinceMs ??= nowMs
    return nowMs - this.#waitingSinceMs
  }

  join(name: string, options: Omit<Subscriber, 'version'>): void {
    const known = this.#subscribers.get(name)
    this.#subscribers.set(name, { ...options, version: known?.version ?? 0 })
    if (known === undefined) this.#count(name, 1)
  }

  changeInterval(name: string, intervalMs: number): void {
    const known = this.#subscribers.get(name)
    if (known) known.intervalMs = intervalMs
  }

  leave(name: string): void {
    if (this.#subscribers.delete(name)) this.#count(name, -1)
  }

  #count(name: string, by: number): void {
    const namespace = namespaceOf(name)
    const count = (this.namespaces.get(namespace) ?? 0) + by
    if (count > 0) this.namespaces.set(namespace, count)
    else this.namespaces.delete(namespace)
  }

  /** The current state; undefined if it does not meet the conditions, so that a sweep is needed. */
  reading({ withTags, sinceMs = -Infinity }: ReadingOptions, nowMs: number): ListingReading | undefined {
    const listing = withTags && this.#listing?.hasTags === false ? undefined : this.#listing
    const isRecent = this.#endedStartMs >= sinceMs
    if (listing === undefined) {
      const isKnownError = this.#error !== undefined && (sinceMs > -Infinity ? isRecent : this.#retryMs > nowMs)
      return isKnownError ? { listing, error: this.#error, stale: this.#isStale } : undefined
    }
    return isRecent ? { listing, error: this.#shownError, stale: this.#isStale } : undefined
  }

  /** `name` receives the current state. */
  delivered(name: string): void {
    const subscriber = this.#subscribers.get(name)
    if (subscriber) subscriber.version = this.#version
  }

  /** Subscribers that know an older state. A list that does not change what their finds select is no other state for them. */
  async outdated(pause: Pause): Promise<readonly string[]> {
    const version = this.#version
    const change = this.#listChange?.version === version ? this.#listChange : undefined
    this.#listChange = undefined
    const selection = change && new SelectionChange(change.before, change.after, pause)
    const isOutdated = (name: string): boolean => {
      const known = this.#subscribers.get(name)?.version ?? 0
      return known > 0 && known < version
    }
    for (const [name, subscriber] of this.#subscribers) {
      // A subscriber with an older version was notified of the version in between.
      if (selection === undefined || subscriber.version !== version - 1) continue
      if (!(await selection.concerns(subscriber.interests)) && isOutdated(name)) subscriber.version = version
    }
    return [...this.#subscribers.keys()].filter(isOutdated)
  }

  /** Requests a sweep as soon as the limits allow, even during a backoff if `isUrgent`. */
  request({ isUrgent = false } = {}): void {
    this.#isRequested = true
    if (isUrgent) this.#retryMs = -Infinity
  }

  /** Sweeps soon, because a message names a secret that a subscriber may find. */
  hint(): void {
    this.#isHinted = true
  }

  /** Whether the list lacks a secret that a subscriber may find. Adds the filters that were compared; with too many of them, one may match. */
  mayFindNew(secret: string, compared: Set<string>, maxCompared: number): boolean {
    if (this.#listing?.entries.has(secret)) return false
    for (const { interests } of this.#subscribers.values()) {
      for (const { filterId, mayFind } of interests) {
        if (compared.has(filterId)) continue
        if (compared.size >= maxCompared || mayFind(secret)) return true
        compared.add(filterId)
      }
    }
    return false
  }

  hasSweptSince(sinceMs: number): boolean {
    return this.#endedStartMs >= sinceMs
  }

  /** The sweep has its turn. */
  began(nowMs: number): void {
    this.#dropped = undefined
    this.#isRequested = false
    this.#isHinted = false
    this.#startMs = nowMs
    this.#succeededMs ??= nowMs
  }

  succeeded(secrets: readonly ListedSecret[], options: { readonly withTags: boolean }, nowMs: number): void {
    const before = this.#listing
    this.#listing = nextListing(before, secrets, options)
    const hadError = this.#shownError !== undefined
    this.#error = undefined
    this.#isStale = false
    this.#failures = 0
    this.#retryMs = -Infinity
    this.#succeededMs = nowMs
    const isOther = before?.generation !== this.#listing.generation
    if (hadError || isOther) this.#version += 1
    const isListOnly = isOther && !hadError && before !== undefined
    this.#listChange = isListOnly ? { version: this.#version, before, after: this.#listing } : undefined
  }

  /** Another list needs the memory of this one. */
  dropped(error: SecretSyncError, nowMs: number): void {
    this.#listing = undefined
    this.bytes = 0
    this.#dropped = error
    this.failed(error, nowMs)
    this.#version += 1
  }

  /** @throws SecretSyncError that it was dropped with, if a sweep was running */
  assertNotDropped(): void {
    if (this.#dropped !== undefined) throw this.#dropped
  }

  failed(error: SecretSyncError, nowMs: number): void {
    const before = [this.#shownError?.code, this.#isStale]
    this.#error = error
    this.#isStale =
      nowMs - (this.#succeededMs ?? nowMs) > STALE_AFTER_INTERVALS * Math.max(this.#intervalMs, MIN_INTERVAL_MS)
    const pauseMs = Math.max(
      limitedRetryAfterMs(error.facts.retryAfterMs),
      fullJitter(this.#failures, BACKOFF, this.#random),
    )
    this.#retryMs = nowMs + (isOutage(error.code) ? pauseMs : Math.max(pauseMs, BACKOFF.baseMs * 5))
    this.#failures += 1
    if (before[0] !== this.#shownError?.code || before[1] !== this.#isStale) this.#version += 1
  }

  /** The sweep has ended, or nothing needs it any more. */
  end(nowMs: number): void {
    this.isRunning = false
    this.#sweepMs = nowMs - this.#startMs
    this.#endedStartMs = this.#startMs
    this.wake()
  }

  /** Wakes all subscribers that wait, which then check the current state. */
  wake(): void {
    this.#waitingSinceMs = undefined
    const { resolve } = this.#waiting
    this.#waiting = Promise.withResolvers<void>()
    resolve()
  }

  /** A short outage is hidden while there is a listing. */
  get #shownError(): SecretSyncError | undefined {
    const isHidden =
      this.#listing !== undefined && !this.#isStale && this.#error !== undefined && isOutage(this.#error.code)
    return isHidden ? undefined : this.#error
  }

  get #intervalMs(): number {
    return Math.min(Infinity, ...[...this.#subscribers.values()].map(({ intervalMs }) => intervalMs))
  }
}
