import { type Clock, isOutage } from '@ack-secret-manager/core'
import type { SourceRef, SourceKey, SourceReading, SourcesAtInterval } from '../model/source-reading.ts'
import { BatchPolicy } from './source/batch-policy.ts'
import { ConnectionCircuits } from './circuit-breaker/connection-circuits.ts'
import type { Reachability } from './circuit-breaker/reachability.ts'
import { checkedIntervalMs } from './timers/schedule.ts'
import type { SourceUpdate } from './source/source-update.ts'
import { Source } from './source/source.ts'
import { poolSettings, type SourcePoolOptions, type SourceState, type SourceStats } from './source-pool-options.ts'
import type { InFlightRead } from './source/in-flight-read.ts'
import { ReadAdmission } from './read-admission.ts'
import { type ReadEnd, SourceReader } from './source/source-reader.ts'
import { SourceRegistry } from './source-registry.ts'
import { statsOf } from './source-stats.ts'
import { cancelled, ValuesRequest } from './values-request.ts'
import { TimerHeap } from './timers/timer-heap.ts'
import { WakeTimer } from './timers/wake-timer.ts'
import { type HintScope, mayConcern } from './hint-scope.ts'
import { HintShare } from './read-queue/hint-share.ts'

export type { HintScope }

/** Minimum time between two reads of one source that {@link SourcePool.refreshNow} triggers. */
const REFRESH_NOW_MIN_INTERVAL_MS = 1_000

/**
 * Keeps secrets fresh. Subscribers with the same source key share one source, which has its own schedule.
 *
 * - A source is read on a fixed grid: its phase is a hash, its period the smallest interval of its subscribers. So n intervals
 *   cost exactly n calls. Phases are rounded to 240 moments per interval, or to one per second if these are more.
 * - {@link values}, {@link hint}, {@link refreshNow} and announced rotations cause additional reads, which do not move the grid.
 *   Requests share a read that is queued or in flight.
 * - A transient failure moves the source from the grid into its own backoff until a read gets a response.
 * - If a whole connection is unreachable, its circuit breaker opens. Reads then fail without a call until a probe gets a response.
 */
export class SourcePool {
  readonly #clock: Clock
  readonly #options: SourcePoolOptions
  readonly #settings: ReturnType<typeof poolSettings>
  readonly #reader: SourceReader
  readonly #registry = new SourceRegistry()
  readonly #timers = new TimerHeap<Source>()
  readonly #wallMs: () => number
  readonly #circuits: ConnectionCircuits
  readonly #admission: ReadAdmission
  readonly #hintShare = new HintShare()
  readonly #wakeTimer: WakeTimer
  /** Changes that subscribers are notified of at the end of this step. */
  readonly #updates: Array<SourceUpdate & { readonly source: Source }> = []
  #closed = false

  constructor(options: SourcePoolOptions) {
    const { clock, rateLimits } = options
    this.#clock = clock
    this.#wallMs = () => clock.now()
    this.#options = options
    this.#settings = poolSettings(options)
    this.#circuits = new ConnectionCircuits({
      random: options.random,
      wallMs: this.#wallMs,
      onReachability: options.onReachability,
    })
    const batches =
      options.batches &&
      new BatchPolicy({
        ...options.batches,
        monotonic: () => clock.monotonic(),
        isReachable: (source) => this.#circuits.isClosed(source),
      })
    this.#reader = new SourceReader({
      ...this.#settings,
      rateLimits,
      monotonic: () => clock.monotonic(),
      batches,
      onEnd: (source, inFlightRead, end) => this.#onReadFinished(source, inFlightRead, end),
      onBatch: (kind, secrets, error) => this.#options.observer?.batch?.(kind, secrets, error),
      onStepEnd: (nowMs) => this.#finishStep(nowMs),
    })
    this.#admission = new ReadAdmission({
      circuits: this.#circuits,
      queue: this.#reader.queue,
      wallMs: this.#wallMs,
      onUpdate: (source, update) => this.#updates.push({ ...update, source }),
      reschedule: (source) => this.#reschedule(source),
    })
    this.#wakeTimer = new WakeTimer(clock, () => this.#tick())
  }

  /**
   * Replaces the sources of `subscriber`. Sources without subscribers are dropped and their reads cancelled. A new source is
   * first read by {@link values}. A source uses the connection that was given last.
   * @param intervalMs `undefined`: no refresh at an interval (polling disabled)
   */
  subscribe(subscriber: string, reads: readonly SourceRef[], intervalMs: number | undefined): void {
    if (this.#closed) return
    const interval = checkedIntervalMs(intervalMs)
    const nowMs = this.#clock.monotonic()
    const after = new Set<Source>()
    for (const read of reads) {
      const source =
        this.#registry.get(read.key) ?? this.#registry.add(new Source(read, this.#settings.policy, subscriber))
      source.useConnection(read.connection)
      source.join(subscriber, interval, nowMs)
      source.limit(subscriber, read.budget)
      this.#reader.enter(source)
      this.#circuits.enter(source)
      this.#reschedule(source)
      after.add(source)
    }
    for (const source of this.#registry.replace(subscriber, after)) this.#leave(source, subscriber, nowMs)
    this.#options.onSubscribe?.(subscriber, new Set(reads.map(({ connection }) => connection.key)))
    // If many leave at once, as at a hand-over or a shutdown, the slot of one must not start a read of the next.
    this.#finishStep(nowMs, { startReads: reads.length > 0 })
  }

  /** Removes all sources of `subscriber`. Its pending {@link values} fail with `Cancelled`. */
  unsubscribe(subscriber: string): void {
    this.subscribe(subscriber, [], undefined)
  }

  /**
   * The reading of each source: cached plaintext, the error of a source in backoff or refused in the last 10 s, or the result of
   * a read. Equal keys share one reading, so all keys of one secret have one version. After its first reading the subscriber is
   * notified of changes. Call {@link ack} when done.
   * @param options.force always reads, even with cached plaintext, during a backoff or while a read is in flight
   * @param options.atInterval sources that need no read now. @default none
   * @throws SecretSyncError `Cancelled` if `subscriber` is not subscribed to a source; the signal's reason when that aborts
   */
  async values(
    subscriber: string,
    reads: readonly SourceRef[],
    {
      signal,
      force = false,
      atInterval = new Map(),
    }: { signal: AbortSignal; force?: boolean; atInterval?: SourcesAtInterval },
  ): Promise<ReadonlyMap<SourceKey, SourceReading>> {
    signal.throwIfAborted()
    const nowMs = this.#clock.monotonic()
    const readings = new Map<SourceKey, SourceReading>()
    const missing = new Set<Source>()
    for (const { key, ref } of reads) {
      const source = this.#registry.get(key)
      if (!source?.subscribers.has(subscriber)) throw cancelled(ref.name)
      const reading = readings.get(key) ?? (force ? undefined : knownOf(source, { subscriber, atInterval, nowMs }))
      if (reading === undefined) missing.add(source)
      else readings.set(key, source.deliver(subscriber, reading))
    }
    if (missing.size === 0) return readings
    const request = new ValuesRequest(subscriber, readings, missing.size)
    for (const source of missing) {
      source.addWaiter(request, { force })
      if (force && !this.#circuits.admits(source)) this.#circuits.tryProbe(source, nowMs, { isWanted: true })
      this.#admission.enqueue(source, nowMs, { urgent: true })
    }
    this.#finishStep(nowMs)
    try {
      await request.finished(signal)
    } finally {
      for (const source of missing) source.removeWaiter(request)
    }
    return readings
  }

  /** The target of `subscriber` has the values that it received last of these sources. Call it before {@link ack}. */
  wrote(subscriber: string, sources: Iterable<SourceKey>): void {
    for (const key of sources) this.#registry.get(key)?.wrote(subscriber)
  }

  /** The subscriber no longer needs the plaintext of {@link values}. Plaintext without readers is dropped. */
  ack(subscriber: string): void {
    for (const source of this.#registry.of(subscriber)) {
      source.ack(subscriber)
      this.#reschedule(source)
    }
  }

  /**
   * Reads the secret, given by name or ARN, because a message says that it may have changed. At most once per
   * `hintMinIntervalMs`, and not during a backoff. Reads for hints use a part of the rate limit, see {@link HintShare}. They do not replace
   * regular polls.
   * @param scope account and region of the secret. @default any
   */
  hint(secretName: string, scope?: HintScope): void {
    const nowMs = this.#clock.monotonic()
    for (const source of this.#named(secretName, scope)) {
      if (!source.acceptsHint || this.#reader.queue.isWaiting(source)) continue
      this.#requestRefresh(source, this.#settings.hintMinIntervalMs, this.#hintShare.reserve(source, nowMs))
    }
    this.#finishStep(nowMs)
  }

  /** Whether a source reads the secret, given by name or ARN. */
  reads(secretName: string, scope?: HintScope): boolean {
    return this.#named(secretName, scope).length > 0
  }

  /** Changes the interval of a subscriber without another change of its sources. */
  changeInterval(subscriber: string, intervalMs: number): void {
    const interval = checkedIntervalMs(intervalMs)
    const nowMs = this.#clock.monotonic()
    for (const source of this.#registry.of(subscriber)) {
      source.join(subscriber, interval, nowMs)
      this.#reschedule(source)
    }
    this.#finishStep(nowMs)
  }

  /** Reads all sources of `subscriber`, even during a backoff; each at most once a second. */
  refreshNow(subscriber: string): void {
    for (const source of this.#registry.of(subscriber)) this.#requestRefresh(source, REFRESH_NOW_MIN_INTERVAL_MS)
    this.#finishStep(this.#clock.monotonic())
  }

  /** Whether a response exists for each source of `subscriber` to a read that began at `sinceMs` or later. */
  hasReadSince(subscriber: string, sinceMs: number): boolean {
    return [...this.#registry.of(subscriber)].every((source) => source.hasReadSince(sinceMs))
  }

  /** Reads the failed sources of `subscriber`, even during a backoff, because its credentials or stores changed. */
  retryFailed(subscriber: string): void {
    for (const source of this.#registry.of(subscriber)) if (source.error !== undefined) this.#requestRefresh(source, 0)
    this.#finishStep(this.#clock.monotonic())
  }

  /** The state of a source, without a read and without plaintext. */
  peek(key: SourceKey): SourceState | undefined {
    const source = this.#registry.get(key)
    return source && { versionId: source.versionId, ageMs: source.ageMs(this.#clock.monotonic()), error: source.error }
  }

  /** Whether the connection with this key is reachable; undefined if it has no sources. */
  reachability(connection: string): Reachability | undefined {
    return this.#circuits.reachability(connection)
  }

  /** Age of the oldest confirmed value of `subscriber`; undefined if none has been read. */
  ageMs(subscriber: string): number | undefined {
    const nowMs = this.#clock.monotonic()
    const ages = [...this.#registry.of(subscriber)].flatMap((source) => source.ageMs(nowMs) ?? [])
    return ages.length === 0 ? undefined : Math.max(...ages)
  }

  /** Iterates over all sources: for a scrape, not for a loop. */
  stats(): SourceStats {
    const nowMs = this.#clock.monotonic()
    const { inFlight, waiting } = this.#reader.queue
    return {
      ...statsOf(this.#registry.all(), nowMs),
      inFlight: inFlight.size,
      waiting,
      waitingForStore: this.#reader.queue.waitingForBudget(nowMs),
      circuits: this.#circuits.states(),
    }
  }

  /** Aborts reads in flight, fails pending requests with `Cancelled`, drops all plaintext and the timer. */
  async close(): Promise<void> {
    for (const subscriber of this.#registry.subscribers()) this.unsubscribe(subscriber)
    this.#closed = true
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #named(secretName: string, scope: HintScope | undefined): readonly Source[] {
    const sources = this.#registry.named(secretName)
    if (scope === undefined) return sources
    const { rateLimits } = this.#options
    const of = rateLimits.quotaOf(scope)
    return sources.filter(({ connection: { quota } }) => mayConcern(rateLimits.quotaOf(quota), of))
  }

  #leave(source: Source, subscriber: string, nowMs: number): void {
    source.leave(subscriber, nowMs)
    if (source.subscribers.size > 0) {
      this.#reader.readerLeft(source, subscriber)
      this.#reschedule(source)
      return
    }
    this.#registry.delete(source)
    this.#timers.remove(source)
    const change = this.#circuits.leave(source, nowMs)
    if (change !== undefined) this.#admission.circuitChanged(source, change, nowMs)
    const inFlightRead = this.#reader.drop(source)
    if (inFlightRead) this.#options.observer?.read(inFlightRead.kind, 'Cancelled', nowMs - inFlightRead.startedMs)
  }

  /** Reads a source as soon as `minIntervalMs` allows, unless it is queued. */
  #requestRefresh(source: Source, minIntervalMs: number, notBeforeMs = -Infinity): void {
    if (this.#reader.queue.isWaiting(source)) return
    const nowMs = this.#clock.monotonic()
    source.requestRefresh(minIntervalMs, Math.max(nowMs, notBeforeMs))
    if (!this.#circuits.admits(source)) this.#circuits.probeSoon(source, nowMs)
    this.#runDue(source, nowMs)
  }

  #reschedule(source: Source): void {
    this.#timers.set(source, source.dueMs)
  }

  #tick(): void {
    const nowMs = this.#clock.monotonic()
    this.#reader.expire(nowMs)
    for (const source of this.#circuits.takeProbes(nowMs)) {
      this.#admission.enqueue(source, nowMs, { urgent: true })
      this.#reschedule(source)
    }
    for (let due = this.#timers.first; due !== undefined && this.#timers.firstMs <= nowMs; due = this.#timers.first) {
      this.#runDue(due, nowMs)
    }
    this.#finishStep(nowMs)
  }

  /** Runs the due work of a source. */
  #runDue(source: Source, nowMs: number): void {
    const { read, stale } = source.takeDue(nowMs, { hasUnsyncedBacklog: this.#options.hasUnsyncedBacklog?.() ?? false })
    if (read) this.#admission.enqueue(source, nowMs, { urgent: source.hasWaiters })
    if (stale) this.#updates.push({ ...source.staleUpdate(), source })
    this.#reschedule(source)
  }

  /** Starts reads, or leaves them to the timer; sets it and notifies subscribers. Every public method and callback ends with it. */
  #finishStep(nowMs: number, { startReads = true }: { readonly startReads?: boolean } = {}): void {
    if (startReads) this.#reader.start(nowMs)
    this.#wakeTimer.set(Math.min(this.#timers.firstMs, this.#reader.dueMs(nowMs), this.#circuits.dueMs), nowMs)
    if (this.#updates.length === 0) return
    for (const update of this.#updates.splice(0)) this.#notify(update)
  }

  #onReadFinished(source: Source, inFlightRead: InFlightRead, { outcome, ofConnection, isRepeated }: ReadEnd): void {
    const nowMs = this.#clock.monotonic()
    const change = this.#circuits.ended(source, ofConnection, nowMs)
    if (outcome === undefined) {
      if (isRepeated !== true)
        this.#options.observer?.read(inFlightRead.kind, 'Cancelled', nowMs - inFlightRead.startedMs)
      this.#admission.withdrawIfOpen(source, nowMs)
    } else {
      const error = outcome.value ? undefined : outcome.error
      if (error === undefined || !isOutage(error.code)) source.responded(inFlightRead.startedMs)
      const isHeld = error !== undefined && isOutage(error.code) && this.#circuits.isHeldBack(source)
      const update = source.onReadFinished(outcome, nowMs, this.#wallMs, isHeld)
      if (isHeld) this.#admission.hold(source, nowMs)
      else this.#reschedule(source)
      this.#updates.push({ ...update, source })
      const result = error?.code ?? (update.change === 'value' ? 'changed' : 'unchanged')
      this.#options.observer?.read(inFlightRead.kind, result, nowMs - inFlightRead.startedMs, error)
    }
    if (change !== undefined) this.#admission.circuitChanged(source, change, nowMs)
  }

  #notify({ change, toNotify, source }: SourceUpdate & { readonly source: Source }): void {
    if (change === undefined || toNotify.length === 0) return
    try {
      this.#options.onChange(toNotify, change, source.key)
    } catch (error) {
      // A defect of the listener must not stop the pool, so it surfaces as an uncaught exception.
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

/** The reading of a source that needs no call, if any. */
function knownOf(
  source: Source,
  {
    subscriber,
    atInterval,
    nowMs,
  }: { readonly subscriber: string; readonly atInterval: SourcesAtInterval; readonly nowMs: number },
): SourceReading | undefined {
  const versionId = atInterval.get(source.key)
  const isAtInterval = versionId === undefined && atInterval.has(source.key)
  return (
    source.known(nowMs, { isAtInterval }) ??
    (versionId === undefined ? undefined : source.confirmed(subscriber, versionId))
  )
}
