import { type Clock, type ClockTimer, isOutage } from '@ack-secret-manager/core'
import type { SourceRef, SourceKey, SourceReading } from '../model/source-reading.ts'
import { type CircuitChange, ConnectionCircuits } from './connection-circuits.ts'
import { isUnreachable, type Reachability } from './reachability.ts'
import { checkedIntervalMs, tickAtMs } from './schedule.ts'
import type { SourceUpdate } from './source-update.ts'
import { Source } from './source.ts'
import { poolSettings, type SourcePoolOptions, type SourceState, type SourceStats } from './source-pool-options.ts'
import type { InFlightRead } from './in-flight-read.ts'
import { cancelled, type ReadEnd, SourceReader } from './source-reader.ts'
import { SourceRegistry } from './source-registry.ts'
import { statsOf } from './source-stats.ts'
import { ValuesRequest } from './values-request.ts'
import { TimerHeap } from './timer-heap.ts'

/** Between two reads of one source that {@link SourcePool.refreshNow} caused. */
const REFRESH_NOW_MIN_INTERVAL_MS = 1_000

/**
 * Keeps reads fresh: every distinct read is one source, whoever needs it, and the clock is on the source.
 *
 * Steady state: a source is read at the moments of its own grid (phase by hash, period the smallest interval of its
 * subscribers), so n intervals cost exactly n calls, evenly spread. Reads for another reason ({@link values}, {@link hint},
 * {@link refreshNow}, an announced rotation) come on top and do not move the grid; whoever wants a read that is in line or
 * under way shares it. A read that says what is known already ends there. A transient failure takes the source off the grid
 * into a backoff of its own until a read gives an answer again. Where the whole connection is out of order its circuit breaker is
 * open: reads fail without a call until a probe gets an answer, then all that were due go.
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
  /** Changes that subscribers are notified of at the end of this step. */
  readonly #updates: Array<SourceUpdate & { readonly source: Source }> = []
  #timer: ClockTimer | undefined
  #timerAtMs = Infinity
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
    this.#reader = new SourceReader({
      ...this.#settings,
      rateLimits,
      monotonic: () => clock.monotonic(),
      onEnd: (source, inFlightRead, end) => this.#ended(source, inFlightRead, end),
    })
  }

  /**
   * Replaces all that `subscriber` reads. Sources without subscribers are dropped, their reads cancelled. A new source is
   * read when {@link values} first asks for it. The connection of a source is the one that was given last.
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
      source.connection = read.connection
      this.#reader.queue.enter(source, read.connection.quota, read.budget)
      this.#circuits.enter(source)
      source.join(subscriber, interval, nowMs)
      this.#reschedule(source)
      after.add(source)
    }
    for (const source of this.#registry.replace(subscriber, after)) this.#leave(source, subscriber, nowMs)
    this.#options.onSubscribe?.(subscriber, new Set(reads.map(({ connection }) => connection.key)))
    this.#readOn(nowMs)
  }

  /** Ends what {@link subscribe} began; whoever waits for values of `subscriber` gets `Cancelled`. */
  unsubscribe(subscriber: string): void {
    this.subscribe(subscriber, [], undefined)
  }

  /**
   * What each read has to say now: the plaintext that is kept, the error of a source in backoff (or of one that was refused in
   * the last 10 s), or else what a read gives that is under way or made now. Equal keys give one reading, so all that comes
   * from one secret is of one version. From its first answer on the subscriber is told of changes that it has not seen here.
   * Call {@link ack} when done.
   * @param options.force asks the manager from now on, also where plaintext is kept, a backoff is running or a read is under way
   * @throws SecretSyncError `Cancelled` if `subscriber` is not subscribed to a read (any more); the signal's reason when that aborts
   */
  async values(
    subscriber: string,
    reads: readonly SourceRef[],
    { signal, force = false }: { signal: AbortSignal; force?: boolean },
  ): Promise<ReadonlyMap<SourceKey, SourceReading>> {
    signal.throwIfAborted()
    const nowMs = this.#clock.monotonic()
    const readings = new Map<SourceKey, SourceReading>()
    const missing = new Set<Source>()
    for (const { key, ref } of reads) {
      const source = this.#registry.get(key)
      if (!source?.subscriptions.has(subscriber)) throw cancelled(ref.name)
      const reading = readings.get(key) ?? (force ? undefined : source.known(nowMs))
      if (reading === undefined) missing.add(source)
      else readings.set(key, source.answer(subscriber, reading))
    }
    if (missing.size === 0) return readings
    const request = new ValuesRequest(subscriber, readings, missing.size)
    for (const source of missing) {
      source.waiters = [...source.waiters, request]
      if (force && source.inFlightRead) source.inFlightRead.isOutdated = true
      if (force && !this.#circuits.admits(source)) this.#circuits.tryProbe(source, nowMs, { isWanted: true })
      this.#enqueue(source, true, subscriber)
    }
    this.#readOn(nowMs)
    try {
      await request.finished(signal)
    } finally {
      for (const source of missing) source.waiters = source.waiters.filter((waiter) => waiter !== request)
    }
    return readings
  }

  /** The subscriber has used, or given up on, what {@link values} gave it: plaintext that nobody else waits for is dropped. */
  ack(subscriber: string): void {
    for (const source of this.#registry.of(subscriber)) {
      source.ack(subscriber)
      this.#reschedule(source)
    }
  }

  /**
   * Some message says that this secret may have changed: it is read at once, but no more often than `hintMinIntervalMs`, and
   * not during a backoff. Takes a name or an ARN; finds the sources that use either.
   */
  hint(secretName: string): void {
    for (const source of this.#registry.named(secretName)) {
      if (!source.backingOff) this.#requestRefresh(source, this.#settings.hintMinIntervalMs)
    }
    this.#readOn(this.#clock.monotonic())
  }

  /** Reads all sources of `subscriber` at once, backoff or not; each at most once a second. */
  refreshNow(subscriber: string): void {
    for (const source of this.#registry.of(subscriber)) this.#requestRefresh(source, REFRESH_NOW_MIN_INTERVAL_MS)
    this.#readOn(this.#clock.monotonic())
  }

  /** The credentials or the store behind some source of `subscriber` have changed: what failed is read at once, backoff or not. */
  retryFailed(subscriber: string): void {
    for (const source of this.#registry.of(subscriber)) if (source.error !== undefined) this.#requestRefresh(source, 0)
    this.#readOn(this.#clock.monotonic())
  }

  /** What is known about a read, without asking and without plaintext. */
  peek(key: SourceKey): SourceState | undefined {
    const source = this.#registry.get(key)
    if (source === undefined) return undefined
    return { versionId: source.versionId, ageMs: source.ageMs(this.#clock.monotonic()), error: source.error }
  }

  /** Whether the connection with this key gets answers; undefined where nothing is read through it. */
  reachability(connection: string): Reachability | undefined {
    return this.#circuits.reachability(connection)
  }

  /** Age of the value of `subscriber` that was confirmed longest ago; undefined where none has been read. */
  ageMs(subscriber: string): number | undefined {
    const nowMs = this.#clock.monotonic()
    const ages = [...this.#registry.of(subscriber)].flatMap((source) => source.ageMs(nowMs) ?? [])
    return ages.length === 0 ? undefined : Math.max(...ages)
  }

  /** Looks at every source: for a scrape, not for a loop. */
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

  /** Aborts reads in flight, rejects who waits for them with `Cancelled`, drops all plaintext and the timer. */
  async close(): Promise<void> {
    for (const subscriber of this.#registry.subscribers()) this.unsubscribe(subscriber)
    this.#closed = true
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #leave(source: Source, subscriber: string, nowMs: number): void {
    source.leave(subscriber, nowMs)
    for (const waiter of source.waiters) if (waiter.subscriber === subscriber) waiter.fail(cancelled(source.ref.name))
    if (source.subscriptions.size > 0) {
      this.#reschedule(source)
      return
    }
    this.#registry.delete(source)
    this.#timers.remove(source)
    const change = this.#circuits.leave(source, nowMs)
    if (change !== undefined) this.#circuitChanged(source, change, nowMs)
    const inFlightRead = this.#reader.drop(source)
    if (inFlightRead) this.#options.observer?.read(inFlightRead.kind, 'Cancelled', nowMs - inFlightRead.startedMs)
  }

  /** Has a source read as soon as `minIntervalMs` allows, unless it is in line already. */
  #requestRefresh(source: Source, minIntervalMs: number): void {
    if (this.#reader.queue.isWaiting(source)) return
    const nowMs = this.#clock.monotonic()
    source.requestRefresh(minIntervalMs, nowMs)
    if (!this.#circuits.admits(source)) this.#circuits.probeSoon(source, nowMs)
    this.#carryOut(source, nowMs)
  }

  /** In line, a source has no retry pending: the read to come is it. */
  #enqueue(source: Source, urgent: boolean, reader?: string): void {
    const nowMs = this.#clock.monotonic()
    if (source.isPausing(nowMs)) return
    if (source.inFlightRead === undefined && !this.#goes(source, nowMs)) {
      this.#refuse(source, nowMs)
      return
    }
    source.retryMs = Infinity
    source.isHeld = false
    this.#reader.queue.push(source, urgent, reader)
  }

  #circuitChanged(source: Source, change: CircuitChange, nowMs: number): void {
    if (change === 'opened') this.#opened(source, nowMs)
    else if (change === 'closed') this.#recovered(source, nowMs)
    else this.#probeFailed(source, nowMs)
  }

  /** Whether a read may go now, if only as the probe of its connection. */
  #goes(source: Source, nowMs: number): boolean {
    const circuits = this.#circuits
    return circuits.admits(source) || circuits.tryProbe(source, nowMs, { isWanted: circuits.isUncertain(source) })
  }

  /** Fails a read without a call: its connection is out of order. Where that is in doubt and can wait, the next probe decides. */
  #refuse(source: Source, nowMs: number): void {
    const isSoonKnown = source.waiters.length === 0 || this.#circuits.isProbed(source)
    if (isSoonKnown && this.#circuits.isUncertain(source)) source.hold()
    else this.#fail(source, nowMs)
    this.#hold(source, nowMs)
  }

  #fail(source: Source, nowMs: number): void {
    const outcome = { error: this.#circuits.refusal(source) }
    this.#updates.push({ ...source.onReadFinished(outcome, nowMs, this.#wallMs, true), source })
  }

  /** The connection is still out of order: what has waited for the probe fails. */
  #probeFailed(source: Source, nowMs: number): void {
    for (const held of this.#circuits.held(source)) {
      if (held.error !== undefined && held.waiters.length === 0) continue
      this.#fail(held, nowMs)
      this.#reschedule(held)
    }
  }

  #hold(source: Source, nowMs: number): void {
    this.#circuits.hold(source, nowMs)
    this.#reschedule(source)
  }

  /** Takes a source out of line whose connection is out of order. */
  #withdraw(source: Source, nowMs: number): void {
    this.#reader.queue.remove(source)
    this.#refuse(source, nowMs)
  }

  /** The connection of `source` answers again. */
  #recovered(source: Source, nowMs: number): void {
    for (const released of this.#circuits.release(source, nowMs)) {
      this.#enqueue(released, released.versionId === undefined || released.waiters.length > 0)
      this.#reschedule(released)
    }
  }

  /** The connection of `source` is out of order: what waits for it fails, and pauses of single sources end. */
  #opened(source: Source, nowMs: number): void {
    for (const member of this.#circuits.members(source)) {
      if (this.#reader.queue.isWaiting(member)) this.#withdraw(member, nowMs)
      else if (isUnreachable(member) && this.#circuits.isHeldBack(member)) {
        member.hold()
        this.#hold(member, nowMs)
      }
    }
  }

  #reschedule(source: Source): void {
    this.#timers.set(source, source.dueMs)
  }

  #tick(): void {
    this.#timer = undefined
    this.#timerAtMs = Infinity
    const nowMs = this.#clock.monotonic()
    this.#reader.expire(nowMs)
    for (const source of this.#circuits.takeProbes(nowMs)) {
      this.#enqueue(source, true)
      this.#reschedule(source)
    }
    for (let due = this.#timers.first; due !== undefined && this.#timers.firstMs <= nowMs; due = this.#timers.first) {
      this.#carryOut(due, nowMs)
    }
    this.#readOn(nowMs)
  }

  /** Does what is due for a source. */
  #carryOut(source: Source, nowMs: number): void {
    const { read, stale } = source.takeDue(nowMs)
    if (read) this.#enqueue(source, source.waiters.length > 0)
    if (stale) this.#updates.push({ change: 'stale', toNotify: source.subscriptions.answered(new Set()), source })
    this.#reschedule(source)
  }

  /** Starts what may be read now, sets the timer for what comes next, and notifies subscribers of changes. Ends every step. */
  #readOn(nowMs: number): void {
    this.#reader.start(nowMs)
    this.#setTimer(nowMs)
    if (this.#updates.length === 0) return
    for (const update of this.#updates.splice(0)) this.#notify(update)
  }

  #setTimer(nowMs: number): void {
    const atMs = tickAtMs(
      Math.max(nowMs, Math.min(this.#timers.firstMs, this.#reader.dueMs(nowMs), this.#circuits.dueMs)),
    )
    // An earlier tick than needed does no harm, so it is not worth a new timer.
    if (atMs >= this.#timerAtMs && atMs !== Infinity) return
    this.#timer?.cancel()
    this.#timerAtMs = atMs
    this.#timer = atMs === Infinity ? undefined : this.#clock.setTimeout(() => this.#tick(), atMs - nowMs)
  }

  #ended(source: Source, inFlightRead: InFlightRead, { outcome, ofConnection }: ReadEnd): void {
    const nowMs = this.#clock.monotonic()
    const change = this.#circuits.ended(source, ofConnection, nowMs)
    if (outcome === undefined) {
      this.#options.observer?.read(inFlightRead.kind, 'Cancelled', nowMs - inFlightRead.startedMs)
      if (this.#reader.queue.isWaiting(source) && !this.#circuits.admits(source)) this.#withdraw(source, nowMs)
    } else {
      const error = outcome.value ? undefined : outcome.error
      const isHeld = error !== undefined && isOutage(error.code) && this.#circuits.isHeldBack(source)
      const settled = source.onReadFinished(outcome, nowMs, this.#wallMs, isHeld)
      if (isHeld) this.#hold(source, nowMs)
      else this.#reschedule(source)
      this.#updates.push({ ...settled, source })
      const result = error?.code ?? (settled.change === 'value' ? 'changed' : 'unchanged')
      this.#options.observer?.read(inFlightRead.kind, result, nowMs - inFlightRead.startedMs, error)
    }
    if (change !== undefined) this.#circuitChanged(source, change, nowMs)
    this.#readOn(nowMs)
  }

  #notify({ change, toNotify, source }: SourceUpdate & { readonly source: Source }): void {
    if (change === undefined || toNotify.length === 0) return
    try {
      this.#options.onChange(toNotify, change, source.key)
    } catch (error) {
      // Not the pool's to handle, and nothing of the pool may stop for it: surfaces as what it is, an uncaught exception.
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
