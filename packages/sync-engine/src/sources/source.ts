import { fullJitter, isOutage, retryOf, type SecretSyncError } from '@ack-secret-manager/core'
import type { BackendConnection, SecretRef, SecretValue } from '@ack-secret-manager/core'
import type { SourceRef, SourceKey, SourceReading } from '../model/source-reading.ts'
import { type NotFoundHistory, historyAfter, notFoundDurations, isSecretAbsent } from './not-found-history.ts'
import { MAX_RETRY_AFTER_MS } from './circuit-breaker.ts'
import type { Fifo } from './read-queue/fifo.ts'
import type { InFlightRead, Outcome } from './in-flight-read.ts'
import { PlaintextCache } from './plaintext-cache.ts'
import type { ReadBudget } from './read-queue/read-budget.ts'
import type { QuotaQueue, QueueItem } from './read-queue/read-queue.ts'
import { RotationWatch } from './rotation-watch.ts'
import { nextDueMs, stableHash } from './schedule.ts'
import { NO_UPDATE, type SourceUpdate } from './source-update.ts'
import type { SourcePolicy } from './source-policy.ts'
import { Subscriptions } from './subscriptions.ts'
import type { ValuesRequest } from './values-request.ts'
import { VersionOrder } from './version-order.ts'
import type { TimerItem } from './timer-heap.ts'

/** A permanent error is reused for this long without another call. */
const REFUSAL_REUSE_MS = 10_000

/**
 * One secret that is kept fresh: its state and its next due time. A state machine without I/O and timers: the pool reports
 * events to it ({@link onReadFinished}, {@link takeDue}) and acts on the result.
 */
export class Source implements TimerItem, QueueItem<Source> {
  readonly key: SourceKey
  readonly ref: SecretRef
  /** The subscriber whose turn the queued read takes. */
  reader: string
  connection: BackendConnection
  readonly subscriptions = new Subscriptions()
  readonly plaintext = new PlaintextCache()
  waiters: readonly ValuesRequest[] = []
  inFlightRead: InFlightRead | undefined

  /** Due times, monotonic; Infinity: not due. */
  refreshMs = Infinity
  retryMs = Infinity
  refreshRequestMs = Infinity
  staleMs = Infinity
  /** Due, but waiting for its connection. */
  isHeld = false

  timerIndex = -1
  list: Fifo<Source> | undefined
  previous: Source | undefined
  next: Source | undefined
  quotaQueue: QuotaQueue<Source> | undefined
  budget: ReadBudget | undefined

  readonly #policy: SourcePolicy
  /** Undefined before the first announced rotation. */
  #rotation: RotationWatch | undefined
  readonly #order: VersionOrder
  readonly #hash: number
  #versionId: string | undefined
  #digest: string | undefined
  /** Number of distinct values seen. */
  #generation = 0
  #succeededMs: number | undefined
  #attemptedMs: number | undefined
  #lastRefreshRequestMs = -Infinity
  #error: SecretSyncError | undefined
  /** Start of the value's age. After a restart this is the first failure. */
  #trustedMs: number | undefined
  /** Time of the last confirmation, which may be a NotFound. */
  #confirmedMs: number | undefined
  /** Failures in a row of due reads, and the end of the current backoff. */
  #failures = 0
  #pausedUntilMs = -Infinity
  #isStaleReported = false
  #absence: NotFoundHistory | undefined
  /** The same for the requested version or stage. */
  #notFound: NotFoundHistory | undefined

  constructor(read: SourceRef, policy: SourcePolicy, subscriber: string) {
    this.key = read.key
    this.ref = read.ref
    this.reader = subscriber
    this.connection = read.connection
    this.#policy = policy
    this.#order = new VersionOrder(read.ref)
    this.#hash = stableHash(read.key)
  }

  /** Of the last read, if it failed. */
  get error(): SecretSyncError | undefined {
    return this.#error
  }

  get versionId(): string | undefined {
    return this.#versionId
  }

  /** Whether a backoff of the source or of its connection is running. */
  get backingOff(): boolean {
    return this.retryMs !== Infinity || this.isHeld
  }

  /** When the pool must call {@link takeDue} next. */
  get dueMs(): number {
    // A refresh request waits for the end of a read, whose value may be older than the request.
    const refreshRequestMs = this.inFlightRead === undefined ? this.refreshRequestMs : Infinity
    return Math.min(
      this.refreshMs,
      this.retryMs,
      refreshRequestMs,
      this.staleMs,
      this.#rotation?.dueMs ?? Infinity,
      this.#order.dueMs,
      this.plaintext.untilMs,
    )
  }

  /** Whether the confirming read of an older version is still waiting. */
  isPausing(nowMs: number): boolean {
    return this.#order.isPausing(nowMs)
  }

  /** Since the last success. */
  ageMs(nowMs: number): number | undefined {
    return this.#succeededMs === undefined ? undefined : nowMs - this.#succeededMs
  }

  /** Time since the last value or NotFound, or since the first failure if there was neither. */
  unconfirmedMs(nowMs: number): number {
    return nowMs - (this.#confirmedMs ?? nowMs)
  }

  readers(): Iterable<string> {
    return this.subscriptions.readers(this.waiters)
  }

  join(subscriber: string, intervalMs: number, nowMs: number): void {
    const beforeMs = this.subscriptions.intervalMs
    if (this.subscriptions.join(subscriber, intervalMs)) this.plaintext.addReader(subscriber)
    if (this.subscriptions.intervalMs !== beforeMs) this.#intervalChanged(nowMs)
  }

  leave(subscriber: string, nowMs: number): void {
    const beforeMs = this.subscriptions.intervalMs
    this.subscriptions.leave(subscriber)
    this.plaintext.release(subscriber)
    if (this.subscriptions.intervalMs !== beforeMs) this.#intervalChanged(nowMs)
  }

  /** The reading that needs no call, if any. */
  known(nowMs: number): SourceReading | undefined {
    const error = this.#error
    const { value } = this.plaintext
    if (value !== undefined && (error === undefined || (isOutage(error.code) && !this.#isStale(nowMs)))) {
      return { kind: 'value', value }
    }
    if (error === undefined) return undefined
    const isIdle = this.inFlightRead === undefined && this.list === undefined
    const isFresh = nowMs - (this.#attemptedMs ?? -Infinity) < REFUSAL_REUSE_MS
    const isEnough = this.backingOff || (isIdle && isFresh && !isTransient(error))
    return isEnough ? this.#errorReading(error, nowMs) : undefined
  }

  /** Records that `subscriber` receives `reading`. */
  answer(subscriber: string, reading: SourceReading): SourceReading {
    this.subscriptions.answer(subscriber, reading.kind === 'value' ? this.#generation : undefined)
    return reading
  }

  /** `subscriber` has used the latest value. */
  ack(subscriber: string): void {
    if (this.subscriptions.generationOf(subscriber) === this.#generation) this.plaintext.release(subscriber)
  }

  /**
   * A read ended: completes the requests that wait for it.
   * @param isHeld the circuit is open, so the source needs no backoff of its own
   * @returns the change, and the subscribers to notify, without those whose request completed
   */
  onReadFinished(outcome: Outcome, nowMs: number, wallMs: () => number, isHeld = false): SourceUpdate {
    if (outcome.value && !this.#order.accept(outcome.value, nowMs)) return this.#awaitSecondRead(nowMs)
    const wasNoticed = this.#isStaleReported || (this.#error !== undefined && !isOutage(this.#error.code))
    const change = outcome.value ? this.#learn(outcome, nowMs, wallMs) : this.#fail(outcome.error, nowMs, isHeld)
    if (change === undefined && this.waiters.length === 0) return NO_UPDATE
    const waiters = this.waiters.filter(({ isOver }) => !isOver)
    this.waiters = []
    const answered = new Set(waiters.map(({ subscriber }) => subscriber))
    const toNotify = change === undefined ? [] : this.subscriptions.answered(answered)
    if (outcome.value) {
      // A new value is kept for all subscribers, a known one for those that requested it or saw it fail.
      const readers = change === 'value' ? this.subscriptions.names() : [...(wasNoticed ? toNotify : []), ...answered]
      this.plaintext.keep(outcome.value, readers, nowMs + this.#policy.plaintextRetentionMs)
    }
    const reading = outcome.value
      ? ({ kind: 'value', value: outcome.value } as const)
      : this.#errorReading(outcome.error, nowMs)
    for (const waiter of waiters) waiter.give(this.key, this.answer(waiter.subscriber, reading))
    return change === undefined ? NO_UPDATE : { change, toNotify }
  }

  /** Waits for the connection instead of a backoff. */
  hold(): void {
    this.isHeld = true
    this.#failures = 0
    this.#pausedUntilMs = -Infinity
    this.retryMs = Infinity
    this.refreshMs = Infinity
  }

  /** Requests a read, at most once per `minIntervalMs`. Ignored before the first read, which the first sync makes. */
  requestRefresh(minIntervalMs: number, nowMs: number): void {
    if (this.#attemptedMs === undefined) return
    this.refreshRequestMs = Math.min(this.refreshRequestMs, Math.max(nowMs, this.#lastRefreshRequestMs + minIntervalMs))
  }

  /** Marks everything due as done and returns it. */
  takeDue(nowMs: number): { readonly read: boolean; readonly stale: boolean } {
    if (this.plaintext.untilMs <= nowMs) this.plaintext.drop()
    const stale = this.staleMs <= nowMs
    if (stale) {
      this.#isStaleReported = true
      this.staleMs = Infinity
    }
    let read = this.retryMs <= nowMs
    if ((this.#rotation?.dueMs ?? Infinity) <= nowMs) {
      this.#rotation?.onDue()
      read ||= !this.backingOff
    }
    if (this.#order.dueMs <= nowMs) {
      this.#order.dueMs = Infinity
      read = true
    }
    if (this.refreshRequestMs <= nowMs && this.inFlightRead === undefined) {
      this.refreshRequestMs = Infinity
      this.#lastRefreshRequestMs = nowMs
      read = true
    }
    if (this.refreshMs <= nowMs) {
      // The next refresh follows on the grid.
      this.#onGrid(nowMs)
      read = true
    }
    return { read, stale }
  }

  /** The response needs a second read, and requests wait for it. */
  #awaitSecondRead(nowMs: number): SourceUpdate {
    this.#attemptedMs = nowMs
    this.#failures = 0
    this.retryMs = Infinity
    this.isHeld = false
    if (this.refreshMs === Infinity) this.#onGrid(nowMs)
    return NO_UPDATE
  }

  #learn(
    { value, digest }: Extract<Outcome, { value: SecretValue }>,
    nowMs: number,
    wallMs: () => number,
  ): 'value' | 'recovered' | undefined {
    // An optional secret was removed from its targets, so its return is a change even with the same version.
    const isBack = this.#error?.code === 'NotFound'
    const isNew = isBack || value.versionId !== this.#versionId || digest !== this.#digest
    const hasRecovered = this.#error !== undefined
    this.#versionId = value.versionId
    this.#digest = digest
    this.#succeededMs = nowMs
    this.#trustedMs = nowMs
    this.#confirmedMs = nowMs
    this.#attemptedMs = nowMs
    this.#error = undefined
    this.#failures = 0
    this.#pausedUntilMs = -Infinity
    this.#isStaleReported = false
    this.#absence = undefined
    this.#notFound = undefined
    this.staleMs = Infinity
    this.retryMs = Infinity
    this.isHeld = false
    if (this.refreshMs === Infinity) this.#onGrid(nowMs)
    const isPolled = this.subscriptions.intervalMs !== Infinity
    if (isPolled && value.rotation && this.ref.versionId === undefined) {
      this.#rotation ??= new RotationWatch(this.#policy.rotation)
      this.#rotation.learn(value, nowMs, wallMs)
    } else this.#rotation?.stop()
    if (isNew) {
      this.#generation += 1
      return 'value'
    }
    return hasRecovered ? 'recovered' : undefined
  }

  #fail(error: SecretSyncError, nowMs: number, isHeld: boolean): 'failed' | 'stale' | undefined {
    const before = this.#error
    // A permanent error stays until another response; an outage does not replace it.
    const isKept = before !== undefined && !isOutage(before.code) && isOutage(error.code)
    const answer = { isOutage: isOutage(error.code), nowMs }
    const absence = historyAfter(this.#absence, { ...answer, says: isSecretAbsent(error, this.ref) })
    const notFound = historyAfter(this.#notFound, { ...answer, says: error.code === 'NotFound' })
    // A change from restorable to deleted, or a NotFound after an outage, is a change of its own.
    const isAgain = absence?.isLatest !== this.#absence?.isLatest || notFound?.isLatest !== this.#notFound?.isLatest
    const isNew = !isKept && (before?.code !== error.code || isAgain)
    this.#absence = absence
    this.#notFound = notFound
    if (!isKept) this.#error = error
    this.#attemptedMs = nowMs
    this.#trustedMs ??= nowMs
    if (error.code === 'NotFound' || this.#confirmedMs === undefined) this.#confirmedMs = nowMs
    this.isHeld = isHeld
    if (isHeld) this.hold()
    else if (isTransient(error)) {
      // A failed forced read during the backoff does not extend it.
      if (nowMs >= this.#pausedUntilMs) {
        this.#pausedUntilMs = nowMs + fullJitter(this.#failures, this.#policy.retry, this.#policy.random)
        this.#failures += 1
      }
      const askedForMs = Math.min(MAX_RETRY_AFTER_MS, error.facts.retryAfterMs ?? 0)
      this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + askedForMs)
      this.retryMs = this.#pausedUntilMs
      this.refreshMs = Infinity
    } else {
      this.#failures = 0
      this.#pausedUntilMs = -Infinity
      this.retryMs = Infinity
      if (this.refreshMs === Infinity) this.#onGrid(nowMs)
    }
    // The first failure may come when the value is already stale; one notification reports both.
    const isStale = isNew && isOutage(error.code) && this.#isStale(nowMs)
    if (isStale) this.#isStaleReported = true
    this.#armStale()
    if (!isNew) return undefined
    return isStale ? 'stale' : 'failed'
  }

  #onGrid(nowMs: number): void {
    this.refreshMs = nextDueMs(nowMs, this.subscriptions.intervalMs, this.#hash)
  }

  #intervalChanged(nowMs: number): void {
    if (this.subscriptions.intervalMs === Infinity) this.#rotation?.stop()
    if (this.#attemptedMs !== undefined && !this.backingOff) this.#onGrid(nowMs)
    this.#armStale()
  }

  #errorReading(error: SecretSyncError, nowMs: number): SourceReading {
    const isStale = isOutage(error.code) && this.#isStale(nowMs)
    return {
      kind: 'error',
      error,
      ageMs: this.ageMs(nowMs),
      stale: isStale,
      ...notFoundDurations(this.#absence, this.#notFound),
    }
  }

  #isStale(nowMs: number): boolean {
    return nowMs - (this.#trustedMs ?? nowMs) >= this.#staleAgeMs
  }

  get #staleAgeMs(): number {
    return this.#policy.staleAfterIntervals * this.subscriptions.intervalMs
  }

  #armStale(): void {
    const canGoStale = this.#error !== undefined && isOutage(this.#error.code) && !this.#isStaleReported
    this.staleMs = canGoStale && this.#trustedMs !== undefined ? this.#trustedMs + this.#staleAgeMs : Infinity
  }
}

function isTransient(error: SecretSyncError): boolean {
  return retryOf(error.code) === 'transient'
}
