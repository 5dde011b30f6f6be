import { isOutage, retryOf, type SecretSyncError } from '@ack-secret-manager/core'
import type { BackendConnection, SecretRef, SecretValue } from '@ack-secret-manager/core'
import { factsOf, type ValueFacts } from '../../model/confirmed-value.ts'
import type { ReadBudget, SourceRef, SourceKey, SourceReading } from '../../model/source-reading.ts'
import { type NotFoundHistory, historyAfter, notFoundDurations, isSecretAbsent } from './not-found-history.ts'
import type { InFlightRead, Outcome } from './in-flight-read.ts'
import { PlaintextCache } from './plaintext-cache.ts'
import { RotationWatch } from './rotation-watch.ts'
import { SourceAge } from './source-age.ts'
import { SourceLinks } from './source-links.ts'
import { oldestMs, SourceSchedule } from './source-schedule.ts'
import { NO_UPDATE, type SourceUpdate } from './source-update.ts'
import type { SourcePolicy } from './source-policy.ts'
import { Subscriptions } from '../subscriptions.ts'
import { cancelled, type ValuesRequest } from '../values-request.ts'
import { VersionOrder } from './version-order.ts'

/** A permanent error is reused for this long without another call. */
const REFUSAL_REUSE_MS = 10_000

/**
 * One secret that is kept fresh: its state and its next due time. A state machine without I/O and timers: the pool reports
 * events to it ({@link onReadFinished}, {@link takeDue}) and acts on the result.
 */
export class Source extends SourceLinks<Source> {
  readonly key: SourceKey
  readonly ref: SecretRef
  readonly #policy: SourcePolicy
  readonly #schedule: SourceSchedule
  readonly #age = new SourceAge()
  readonly #subscriptions = new Subscriptions()
  readonly #plaintext = new PlaintextCache()
  #connection: BackendConnection
  #waiters: readonly ValuesRequest[] = []
  #inFlightRead: InFlightRead | undefined
  /** Undefined before the first announced rotation. */
  #rotation: RotationWatch | undefined
  readonly #order: VersionOrder
  #versionId: string | undefined
  #digest: string | undefined
  /** Of the last value, for subscribers that have it. */
  #facts: ValueFacts | undefined
  /** Number of distinct values seen. */
  #generation = 0
  #attemptedMs: number | undefined
  /** Start of the last read with a response. */
  #respondedSinceMs = -Infinity
  #error: SecretSyncError | undefined
  #absence: NotFoundHistory | undefined
  /** The same for the requested version or stage. */
  #notFound: NotFoundHistory | undefined

  constructor(read: SourceRef, policy: SourcePolicy, subscriber: string) {
    super(subscriber)
    this.key = read.key
    this.ref = read.ref
    this.#connection = read.connection
    this.#policy = policy
    const { key, backend } = read.connection
    const cohort = policy.hasBatches && backend.readMany !== undefined ? key : undefined
    this.#schedule = new SourceSchedule(read.key, policy, cohort)
    this.#order = new VersionOrder(read.ref)
  }

  get connection(): BackendConnection {
    return this.#connection
  }

  get inFlightRead(): InFlightRead | undefined {
    return this.#inFlightRead
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
    return this.#schedule.isBackingOff
  }

  /** Whether a hint causes a read: not before the first one begins, during a backoff, or if one is requested already. */
  get acceptsHint(): boolean {
    return this.#hasBegun && !this.backingOff && !this.#schedule.isRequested
  }

  /** Whether requests wait for its next read. */
  get hasWaiters(): boolean {
    return this.#waiters.length > 0
  }

  get subscribers(): Pick<Subscriptions, 'has' | 'names' | 'size' | 'budget'> {
    return this.#subscriptions
  }

  get holdsPlaintext(): boolean {
    return this.#plaintext.value !== undefined
  }

  /** The smallest interval of its subscribers; Infinity if none polls. */
  get intervalMs(): number {
    return this.#subscriptions.intervalMs
  }

  /** When the pool must call {@link takeDue} next. */
  get dueMs(): number {
    return Math.min(
      this.#schedule.dueMs({ isReading: this.#isReading }),
      this.#age.staleMs,
      this.#rotation?.dueMs ?? Infinity,
      this.#order.dueMs,
      this.#plaintext.untilMs,
    )
  }

  /** Whether the confirming read of an older version is still waiting. */
  isPausing(nowMs: number): boolean {
    return this.#order.isPausing(nowMs)
  }

  /** Time since the last success. */
  ageMs(nowMs: number): number | undefined {
    return this.#age.ageMs(nowMs)
  }

  /** Time since the last value or NotFound, or since the first failure if there was neither. */
  unconfirmedMs(nowMs: number): number {
    return this.#age.unconfirmedMs(nowMs)
  }

  readers(): Iterable<string> {
    return this.#subscriptions.readers(this.#waiters)
  }

  /** Reads over `connection` from now on. A read in flight continues. */
  useConnection(connection: BackendConnection): void {
    this.#connection = connection
  }

  join(subscriber: string, intervalMs: number, nowMs: number): void {
    const beforeMs = this.intervalMs
    if (this.#subscriptions.join(subscriber, intervalMs)) this.#plaintext.addReader(subscriber)
    if (this.intervalMs !== beforeMs) this.#intervalChanged(nowMs)
  }

  /** The store of `subscriber` has this limit. */
  limit(subscriber: string, budget: ReadBudget | undefined): void {
    this.#subscriptions.limit(subscriber, budget)
  }

  /** Also fails the requests of `subscriber`. */
  leave(subscriber: string, nowMs: number): void {
    const beforeMs = this.intervalMs
    this.#subscriptions.leave(subscriber)
    this.#plaintext.release(subscriber)
    if (this.intervalMs !== beforeMs) this.#intervalChanged(nowMs)
    for (const waiter of this.#waiters) if (waiter.subscriber === subscriber) waiter.fail(cancelled(this.ref.name))
  }

  /** `request` waits for the next read. @param options.force a read in flight is too old for it */
  addWaiter(request: ValuesRequest, { force }: { readonly force: boolean }): void {
    this.#waiters = [...this.#waiters, request]
    if (force && this.#inFlightRead) this.#inFlightRead.isOutdated = true
  }

  removeWaiter(request: ValuesRequest): void {
    this.#waiters = this.#waiters.filter((waiter) => waiter !== request)
  }

  /** A read is queued, which replaces a pending retry. */
  queued(): void {
    this.#schedule.queued()
  }

  /** A read began, which satisfies earlier refresh requests. */
  began(read: InFlightRead): void {
    this.#inFlightRead = read
    this.#schedule.began()
  }

  /** The read in flight ended or was abandoned. @returns that read */
  ended(): InFlightRead | undefined {
    const read = this.#inFlightRead
    this.#inFlightRead = undefined
    return read
  }

  /** The secret manager responded to a read that began at `sinceMs`. */
  responded(sinceMs: number): void {
    this.#respondedSinceMs = sinceMs
  }

  /** Whether the last response is to a read that began at `sinceMs` or later. */
  hasReadSince(sinceMs: number): boolean {
    return this.#respondedSinceMs >= sinceMs
  }

  /**
   * The reading that needs no call, if any.
   * @param options.isAtInterval a permanent error is enough until the next read at the interval
   */
  known(nowMs: number, { isAtInterval = false }: { readonly isAtInterval?: boolean } = {}): SourceReading | undefined {
    const error = this.#error
    const { value } = this.#plaintext
    if (value !== undefined && (error === undefined || (isOutage(error.code) && !this.#isStale(nowMs)))) {
      return { kind: 'value', value }
    }
    if (error === undefined) return undefined
    const isIdle = !this.#isReading && this.list === undefined
    const isFresh = isAtInterval || nowMs - (this.#attemptedMs ?? -Infinity) < REFUSAL_REUSE_MS
    const isEnough = this.backingOff || (isIdle && isFresh && retryOf(error.code) !== 'transient')
    return isEnough ? this.#errorReading(error, nowMs) : undefined
  }

  /** The last value without its bytes, if it has this version and the target of `subscriber` has it. */
  confirmed(subscriber: string, versionId: string): SourceReading | undefined {
    if (this.#error !== undefined || this.#facts === undefined || this.#versionId !== versionId) return undefined
    if (this.#subscriptions.writtenBy(subscriber) !== this.#generation) return undefined
    return { kind: 'confirmed', value: { versionId, ...this.#facts } }
  }

  /** The target of `subscriber` has the value that it received last. */
  wrote(subscriber: string): void {
    this.#subscriptions.wrote(subscriber)
  }

  /** Records that `subscriber` receives `reading`. */
  deliver(subscriber: string, reading: SourceReading): SourceReading {
    this.#subscriptions.deliver(subscriber, reading.kind === 'value' ? this.#generation : undefined)
    return reading
  }

  /** `subscriber` has used the latest value. */
  ack(subscriber: string): void {
    if (this.#subscriptions.generationOf(subscriber) === this.#generation) this.#plaintext.release(subscriber)
  }

  /**
   * A read ended: completes the requests that wait for it.
   * @param isHeld the circuit is open, so the source needs no backoff of its own
   * @returns the change, and the subscribers to notify, without those whose request completed
   */
  onReadFinished(outcome: Outcome, nowMs: number, wallMs: () => number, isHeld = false): SourceUpdate {
    if (outcome.value && !this.#order.accept(outcome.value, nowMs)) return this.#awaitSecondRead(nowMs)
    const wasNoticed = this.#age.isReported || (this.#error !== undefined && !isOutage(this.#error.code))
    const change = outcome.value ? this.#learn(outcome, nowMs, wallMs) : this.#fail(outcome.error, nowMs, isHeld)
    if (change === undefined && this.#waiters.length === 0) return NO_UPDATE
    const waiters = this.#waiters.filter(({ isOver }) => !isOver)
    this.#waiters = []
    const receivers = new Set(waiters.map(({ subscriber }) => subscriber))
    const toNotify = change === undefined ? [] : this.#subscriptions.subscribersWithReading(receivers)
    if (outcome.value) {
      // A new value is kept for all subscribers, a known one for those that requested it or saw it fail.
      const readers = change === 'value' ? this.#subscriptions.names() : [...(wasNoticed ? toNotify : []), ...receivers]
      this.#plaintext.keep(outcome.value, readers, nowMs + this.#policy.plaintextRetentionMs)
    }
    const reading = outcome.value
      ? ({ kind: 'value', value: outcome.value } as const)
      : this.#errorReading(outcome.error, nowMs)
    for (const waiter of waiters) waiter.give(this.key, this.deliver(waiter.subscriber, reading))
    return change === undefined ? NO_UPDATE : { change, toNotify }
  }

  /** Waits for the connection instead of a backoff. */
  hold(): void {
    this.#schedule.hold()
  }

  /** Requests a read, at most once per `minIntervalMs`. Ignored before the first read begins, which the first sync makes. */
  requestRefresh(minIntervalMs: number, fromMs: number): void {
    if (this.#hasBegun) this.#schedule.request(minIntervalMs, fromMs)
  }

  /**
   * Marks everything due as done and returns it.
   * @param options.hasUnsyncedBacklog a refresh waits, see {@link oldestMs}
   */
  takeDue(
    nowMs: number,
    { hasUnsyncedBacklog }: { readonly hasUnsyncedBacklog: boolean },
  ): { readonly read: boolean; readonly stale: boolean } {
    if (this.#plaintext.untilMs <= nowMs) this.#plaintext.drop()
    const stale = this.#age.takeStale(nowMs)
    const isRotationDue = (this.#rotation?.dueMs ?? Infinity) <= nowMs
    if (isRotationDue) this.#rotation?.onDue()
    const isConfirmationDue = this.#order.takeDue(nowMs)
    const { intervalMs, backingOff } = this
    const ageMs = this.#age.ageMs(nowMs) ?? Infinity
    const mayWaitMs = hasUnsyncedBacklog && this.#error === undefined ? oldestMs(intervalMs) - ageMs : 0
    const isScheduled = this.#schedule.takeDue(nowMs, { isReading: this.#isReading, intervalMs, mayWaitMs })
    return { read: (isRotationDue && !backingOff) || isConfirmationDue || isScheduled, stale }
  }

  /** Notifies of a value that became stale, see {@link takeDue}. */
  staleUpdate(): SourceUpdate {
    return { change: 'stale', toNotify: this.#subscriptions.subscribersWithReading(new Set()) }
  }

  get #isReading(): boolean {
    return this.#inFlightRead !== undefined
  }

  /** Whether the first read has begun. Its value may be older than a request during it. */
  get #hasBegun(): boolean {
    return this.#attemptedMs !== undefined || this.#isReading
  }

  /** The response needs a second read, and requests wait for it. */
  #awaitSecondRead(nowMs: number): SourceUpdate {
    this.#attemptedMs = nowMs
    this.#schedule.onResponse(nowMs, this.intervalMs)
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
    this.#facts = factsOf(value)
    this.#age.succeeded(nowMs)
    this.#attemptedMs = nowMs
    this.#error = undefined
    this.#absence = undefined
    this.#notFound = undefined
    this.#schedule.onResponse(nowMs, this.intervalMs)
    const isPolled = this.intervalMs !== Infinity
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
    const attempt = { isOutage: isOutage(error.code), nowMs }
    const absence = historyAfter(this.#absence, { ...attempt, isNotFound: isSecretAbsent(error, this.ref) })
    const notFound = historyAfter(this.#notFound, { ...attempt, isNotFound: error.code === 'NotFound' })
    // A change from restorable to deleted, or a NotFound after an outage, is a change of its own.
    const isAgain = absence?.isLatest !== this.#absence?.isLatest || notFound?.isLatest !== this.#notFound?.isLatest
    const isNew = !isKept && (before?.code !== error.code || isAgain)
    this.#absence = absence
    this.#notFound = notFound
    if (!isKept) this.#error = error
    this.#attemptedMs = nowMs
    this.#age.failed(nowMs, { isRefused: !isOutage(error.code) && error.code !== 'Internal' })
    if (isHeld) this.#schedule.hold()
    else if (retryOf(error.code) === 'transient') this.#schedule.backOff(error, nowMs)
    else this.#schedule.onResponse(nowMs, this.intervalMs)
    // The first failure may come when the value is already stale; one notification reports both.
    const isStale = isNew && isOutage(error.code) && this.#isStale(nowMs)
    if (isStale) this.#age.reported()
    this.#scheduleStale()
    if (!isNew) return undefined
    return isStale ? 'stale' : 'failed'
  }

  #intervalChanged(nowMs: number): void {
    if (this.intervalMs === Infinity) this.#rotation?.stop()
    if (this.#attemptedMs !== undefined && !this.backingOff) this.#schedule.onGrid(nowMs, this.intervalMs)
    this.#scheduleStale()
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
    return this.#age.isStale(nowMs, this.#staleAgeMs)
  }

  get #staleAgeMs(): number {
    return this.#policy.staleAfterIntervals * this.intervalMs
  }

  #scheduleStale(): void {
    this.#age.schedule(this.#staleAgeMs, { isOutage: this.#error !== undefined && isOutage(this.#error.code) })
  }
}
