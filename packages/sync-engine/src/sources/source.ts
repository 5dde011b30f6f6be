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

/** A decided 'no' answers further questions for this long without another call. */
const REFUSAL_REUSE_MS = 10_000

/**
 * One read that is kept fresh: what is known of it, and when to look at it next. A state machine without I/O and without a
 * timer: the pool feeds it with what happened ({@link onReadFinished}, {@link takeDue}) and carries out what follows.
 */
export class Source implements TimerItem, QueueItem<Source> {
  readonly key: SourceKey
  readonly ref: SecretRef
  /** The subscriber that asked last: the read has its turn. */
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
  /** Due, and to be read when its connection answers again. */
  isHeld = false

  timerIndex = -1
  list: Fifo<Source> | undefined
  previous: Source | undefined
  next: Source | undefined
  quotaQueue: QuotaQueue<Source> | undefined
  budget: ReadBudget | undefined

  readonly #policy: SourcePolicy
  /** Once a rotation has been announced. */
  #rotation: RotationWatch | undefined
  readonly #order: VersionOrder
  readonly #hash: number
  #versionId: string | undefined
  #digest: string | undefined
  /** Counts the versions seen, from 1. */
  #generation = 0
  #succeededMs: number | undefined
  #attemptedMs: number | undefined
  #lastRefreshRequestMs = -Infinity
  #error: SecretSyncError | undefined
  /** From when the age of the value counts: after a restart nobody knows better than the first failure. */
  #trustedMs: number | undefined
  /** As that, but counted anew with each answer that there is none. */
  #confirmedMs: number | undefined
  /** Failures in a row of reads that were due, and the pause after the latest. */
  #failures = 0
  #pausedUntilMs = -Infinity
  #isStaleReported = false
  #absence: NotFoundHistory | undefined
  /** As that, but of what was asked for: a version, too. */
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

  /** Of the last read, if that failed. */
  get error(): SecretSyncError | undefined {
    return this.#error
  }

  get versionId(): string | undefined {
    return this.#versionId
  }

  /** A transient failure's pause is running, or its connection's. */
  get backingOff(): boolean {
    return this.retryMs !== Infinity || this.isHeld
  }

  /** When the pool should look at this source next. */
  get dueMs(): number {
    // During a flight a prompt waits: what that read brings may be older than the prompt.
    const refreshRequestMs = this.inFlightRead === undefined ? this.refreshRequestMs : Infinity
    return Math.min(
      this.refreshMs,
      this.retryMs,
      refreshRequestMs,
      this.staleMs,
      this.#rotationMs,
      this.#order.dueMs,
      this.plaintext.untilMs,
    )
  }

  get #rotationMs(): number {
    return this.#rotation?.dueMs ?? Infinity
  }

  /** It is read a second time soon, and would be read too soon now. */
  isPausing(nowMs: number): boolean {
    return this.#order.isPausing(nowMs)
  }

  /** Since the last success. */
  ageMs(nowMs: number): number | undefined {
    return this.#succeededMs === undefined ? undefined : nowMs - this.#succeededMs
  }

  /** Since the manager last said what the value is, or since the first failure where it never has; that there is none is an answer. */
  unconfirmedMs(nowMs: number): number {
    return nowMs - (this.#confirmedMs ?? nowMs)
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

  /** What can be said without asking the manager, if anything. */
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

  /** Remembers that `subscriber` is being given `reading`. */
  answer(subscriber: string, reading: SourceReading): SourceReading {
    this.subscriptions.answer(subscriber, reading.kind === 'value' ? this.#generation : undefined)
    return reading
  }

  /** `subscriber` has used what it was given, if that is still the latest. */
  ack(subscriber: string): void {
    if (this.subscriptions.generationOf(subscriber) === this.#generation) this.plaintext.release(subscriber)
  }

  /**
   * A read has ended: answers those who waited for it.
   * @param isHeld the connection is out of order: the pause is the connection's, not the source's
   * @returns what changed by it, and who has not learned of that by an answer
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
      // A new version may be of use to all; a known one to those who asked, and to those who saw it fail or go stale.
      const readers = change === 'value' ? this.subscriptions.names() : [...(wasNoticed ? toNotify : []), ...answered]
      this.plaintext.keep(outcome.value, readers, nowMs + this.#policy.plaintextRetentionMs)
    }
    const reading = outcome.value
      ? ({ kind: 'value', value: outcome.value } as const)
      : this.#errorReading(outcome.error, nowMs)
    for (const waiter of waiters) waiter.give(this.key, this.answer(waiter.subscriber, reading))
    return change === undefined ? NO_UPDATE : { change, toNotify }
  }

  /** Its connection is out of order: no pause of its own, until a read of it ends. */
  hold(): void {
    this.isHeld = true
    this.#failures = 0
    this.#pausedUntilMs = -Infinity
    this.retryMs = Infinity
    this.refreshMs = Infinity
  }

  /** Wants a read once `minIntervalMs` have passed since the last time; the first read of all belongs to those who need it. */
  requestRefresh(minIntervalMs: number, nowMs: number): void {
    if (this.#attemptedMs === undefined) return
    this.refreshRequestMs = Math.min(this.refreshRequestMs, Math.max(nowMs, this.#lastRefreshRequestMs + minIntervalMs))
  }

  /** Takes note of everything that is due. */
  takeDue(nowMs: number): { readonly read: boolean; readonly stale: boolean } {
    if (this.plaintext.untilMs <= nowMs) this.plaintext.drop()
    const stale = this.staleMs <= nowMs
    if (stale) {
      this.#isStaleReported = true
      this.staleMs = Infinity
    }
    let read = this.retryMs <= nowMs
    if (this.#rotationMs <= nowMs) {
      this.#rotation?.look()
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
      // The next moment follows on the grid, whatever else happens.
      this.#onGrid(nowMs)
      read = true
    }
    return { read, stale }
  }

  /** The manager answers, and those who wait do so until the second read. */
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
    // Whoever can do without a secret has left it out while it was absent: that it is back is news, whatever its version.
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
    // What the manager has decided stands until it says otherwise: an outage takes nothing back.
    const stands = before !== undefined && !isOutage(before.code) && isOutage(error.code)
    const answer = { isOutage: isOutage(error.code), nowMs }
    const absence = historyAfter(this.#absence, { ...answer, says: isSecretAbsent(error, this.ref) })
    const notFound = historyAfter(this.#notFound, { ...answer, says: error.code === 'NotFound' })
    // That it cannot be restored any more, or is still absent after an outage, is news of its own.
    const isAgain = absence?.isLatest !== this.#absence?.isLatest || notFound?.isLatest !== this.#notFound?.isLatest
    const isNew = !stands && (before?.code !== error.code || isAgain)
    this.#absence = absence
    this.#notFound = notFound
    if (!stands) this.#error = error
    this.#attemptedMs = nowMs
    this.#trustedMs ??= nowMs
    if (error.code === 'NotFound' || this.#confirmedMs === undefined) this.#confirmedMs = nowMs
    this.isHeld = isHeld
    if (isHeld) this.hold()
    else if (isTransient(error)) {
      // Who asks during a pause learns that it is not over yet; the next one is no longer for that.
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
    // A manager that does not answer may be given up when the value is stale already: both are told at once.
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
