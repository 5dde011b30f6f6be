import {
  type BackendConnection,
  type Clock,
  type ErrorCode,
  isSecretSyncError,
  type Quota,
  SecretSyncError,
  toSecretSyncError,
  withSignal,
} from '@ack-secret-manager/core'
import { checkedIntervalMs } from '../sources/timers/schedule.ts'
import { type HintScope, mayConcern } from '../sources/hint-scope.ts'
import { namespaceOf } from '../model/resource.ts'
import { quotaKey } from '../sources/read-queue/rate-limit.ts'
import { plainName } from '../sources/source-registry.ts'
import { TimerHeap } from '../sources/timers/timer-heap.ts'
import { WakeTimer } from '../sources/timers/wake-timer.ts'
import { nextTurn } from '../queue/turn-pacer.ts'
import { DEFAULT_LIST_MEMORY_MIB, ListMemory } from './list-memory.ts'
import { sweepSecrets } from './sweep.ts'
import type { Interest } from './interest.ts'
import { type ListingReading, type ReadingOptions, SweptConnection } from './swept-connection.ts'
import { type SweepTurn, SweepTurns } from './sweep-turns.ts'

/** The list of a connection in which a resource finds secrets. */
export interface ListRef extends Interest {
  readonly connection: BackendConnection
}

/** Callbacks for metrics. */
export interface SweepObserver {
  /** A sweep through a backend of `kind` ended; `secrets` and `pages` are 0 if it failed. */
  sweep?(
    kind: string,
    result: 'ok' | ErrorCode,
    facts: { readonly durationMs: number; readonly secrets: number; readonly pages: number },
    error?: SecretSyncError,
  ): void
}

export interface SweepPoolOptions {
  readonly clock: Clock
  /** A number in [0, 1), for the jitter of pauses. */
  readonly random: () => number
  /** What these subscribers can find has changed. May call the pool. */
  readonly onChange: (subscribers: readonly string[]) => void
  readonly observer?: SweepObserver | undefined
  /** The quota under the account that its calls count for. @default the quota itself */
  readonly quotaOf?: (quota: Quota) => Quota
  /** Memory of all lists together. @default 128 */
  readonly maxMemoryMib?: number | undefined
}

/** Statistics of {@link SweepPool.stats}. */
export interface SweepStats {
  /** Connections whose secrets are listed. */
  readonly lists: number
  /** Of these, those whose latest sweep failed. */
  readonly failing: number
  /** Secrets in all lists. */
  readonly secrets: number
  /** Estimated memory of all lists. */
  readonly bytes: number
  /** Lists that wait, because each account and region reads one list at a time. */
  readonly waiting: number
}

/** Limit of filters that one hint is compared with. Beyond it, a filter counts as matching. */
const MAX_HINT_FILTERS = 8
/** How long a list may wait for its turn before its resources report an error. It keeps waiting. */
const MAX_TURN_WAIT_MS = 300_000
/** Longer than any ARN. */
const MAX_HINT_LENGTH = 512

/** Lists the secrets of connections, one sweep for all subscribers of a connection. {@link SweepTurns} bounds the calls for one account. */
export class SweepPool {
  readonly #options: SweepPoolOptions
  readonly #connections = new Map<string, SweptConnection>()
  readonly #bySubscriber = new Map<string, ReadonlySet<SweptConnection>>()
  readonly #timers = new TimerHeap<SweptConnection>()
  readonly #wakeTimer: WakeTimer
  readonly #turns: SweepTurns
  readonly #memory: ListMemory<SweptConnection>
  readonly #running = new Set<Promise<void>>()
  #closed = false

  constructor(options: SweepPoolOptions) {
    this.#options = options
    this.#wakeTimer = new WakeTimer(options.clock, () => this.#tick())
    this.#turns = new SweepTurns(options.clock)
    this.#memory = new ListMemory(options.maxMemoryMib ?? DEFAULT_LIST_MEMORY_MIB, (swept, error) => {
      swept.dropped(error, options.clock.monotonic())
      this.#track(this.#notify(swept))
    })
  }

  /** Replaces the lists of `subscriber`. A list without subscribers is dropped. @param intervalMs undefined: no sweeps at an interval */
  subscribe(subscriber: string, lists: readonly ListRef[], intervalMs: number | undefined): void {
    if (this.#closed) return
    const after = new Map<SweptConnection, Interest[]>()
    for (const { connection, ...interest } of lists) {
      const swept = this.#connections.get(connection.key) ?? new SweptConnection(connection, this.#options.random)
      swept.connection = connection
      this.#connections.set(connection.key, swept)
      after.set(swept, [...(after.get(swept) ?? []), interest])
    }
    for (const [swept, interests] of after) {
      swept.join(subscriber, { intervalMs: checkedIntervalMs(intervalMs), interests })
      this.#turns.join(this.#lineOf(swept), swept.key, namespaceOf(subscriber))
      this.#reschedule(swept)
    }
    for (const swept of this.#bySubscriber.get(subscriber) ?? []) {
      if (!after.has(swept)) this.#leave(swept, subscriber)
    }
    if (after.size > 0) this.#bySubscriber.set(subscriber, new Set(after.keys()))
    else this.#bySubscriber.delete(subscriber)
    this.#setTimer()
  }

  unsubscribe(subscriber: string): void {
    this.subscribe(subscriber, [], undefined)
  }

  /** Changes the interval of a subscriber without another change of its lists. */
  changeInterval(subscriber: string, intervalMs: number): void {
    for (const swept of this.#bySubscriber.get(subscriber) ?? []) {
      swept.changeInterval(subscriber, checkedIntervalMs(intervalMs))
      this.#reschedule(swept)
    }
    this.#setTimer()
  }

  /**
   * The state of a list of `subscriber`, after its first sweep. Later the subscriber is notified of changes.
   * @param options.waitMs how long all subscribers together wait for one sweep; then the state before it, or undefined @default until its end
   * @throws SecretSyncError `Cancelled` if it is not subscribed any more; the reason of the signal when that aborts
   */
  async listing(
    subscriber: string,
    connection: string,
    {
      signal,
      waitMs,
      ...options
    }: ReadingOptions & { readonly waitMs?: number | undefined; readonly signal: AbortSignal },
  ): Promise<ListingReading | undefined> {
    const { clock } = this.#options
    for (;;) {
      signal.throwIfAborted()
      const swept = this.#connections.get(connection)
      if (swept === undefined || this.#bySubscriber.get(subscriber)?.has(swept) !== true) {
        throw new SecretSyncError('Cancelled', 'listing secrets: cancelled because the subscription ended')
      }
      const nowMs = clock.monotonic()
      const now = swept.reading(options, nowMs)
      const leftMs = now || waitMs === undefined ? Infinity : waitMs - swept.waitedMs(nowMs)
      const reading = leftMs > 0 ? now : swept.reading({ withTags: options.withTags }, nowMs)
      if (reading || leftMs <= 0) {
        swept.delivered(subscriber)
        return reading
      }
      if (!swept.isRunning) swept.request({ isUrgent: options.sinceMs !== undefined })
      this.#reschedule(swept)
      this.#setTimer()
      // oxlint-disable-next-line no-await-in-loop -- one sweep after the other
      await untilEnded(swept.ended, { clock, waitMs: leftMs, signal })
    }
  }

  /** Whether a list lacks a secret, given by name or ARN, that a subscriber may find. True if that takes too much work to decide. */
  mayFind(secret: string, scope?: HintScope): boolean {
    return this.#lacking(secret, scope).next().done !== true
  }

  /** A message names a secret that may be new. Sweeps the lists that lack it and have a find that matches it. */
  hint(secret: string, scope?: HintScope): void {
    for (const swept of this.#lacking(secret, scope)) {
      swept.hint()
      this.#reschedule(swept)
    }
    this.#setTimer()
  }

  /** Whether each list of `subscriber` was read by a sweep that began at `sinceMs` or later. */
  hasReadSince(subscriber: string, sinceMs: number): boolean {
    return [...(this.#bySubscriber.get(subscriber) ?? [])].every((swept) => swept.hasSweptSince(sinceMs))
  }

  stats(): SweepStats {
    const all = [...this.#connections.values()]
    return {
      lists: all.length,
      failing: all.filter(({ isFailing }) => isFailing).length,
      secrets: all.reduce((sum, { size }) => sum + size, 0),
      bytes: this.#memory.bytes,
      waiting: this.#turns.waiting,
    }
  }

  /** Aborts sweeps, drops all lists and the timer. */
  async close(): Promise<void> {
    for (const subscriber of this.#bySubscriber.keys()) this.unsubscribe(subscriber)
    this.#closed = true
    await Promise.all(this.#running)
  }

  *#lacking(secret: string, scope: HintScope | undefined): Generator<SweptConnection, undefined> {
    if (secret.length > MAX_HINT_LENGTH) return
    const { quotaOf = (quota) => quota } = this.#options
    const name = plainName(secret)
    const compared = new Set<string>()
    for (const swept of this.#connections.values()) {
      if (scope !== undefined && !mayConcern(quotaOf(swept.connection.quota), quotaOf(scope))) continue
      if (swept.mayFindNew(name, compared, MAX_HINT_FILTERS)) yield swept
    }
  }

  #leave(swept: SweptConnection, subscriber: string): void {
    swept.leave(subscriber)
    if (swept.hasSubscribers) return this.#reschedule(swept)
    this.#connections.delete(swept.key)
    this.#timers.remove(swept)
    this.#memory.release(swept)
    swept.stop.abort(new SecretSyncError('Cancelled', 'listing secrets: cancelled because nothing needs the list'))
    if (!swept.isRunning) swept.end(this.#options.clock.monotonic())
  }

  #reschedule(swept: SweptConnection): void {
    this.#timers.set(swept, swept.hasSubscribers ? swept.dueMs : Infinity)
  }

  #setTimer(): void {
    this.#wakeTimer.set(this.#timers.firstMs, this.#options.clock.monotonic())
  }

  #tick(): void {
    const nowMs = this.#options.clock.monotonic()
    for (let due = this.#timers.first; due !== undefined && this.#timers.firstMs <= nowMs; due = this.#timers.first) {
      this.#timers.remove(due)
      due.isRunning = true
      this.#track(this.#sweep(due))
    }
    this.#setTimer()
  }

  #track(work: Promise<void>): void {
    const tracked: Promise<void> = work.finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
  }

  async #sweep(swept: SweptConnection): Promise<void> {
    try {
      using turn = await this.#turnOf(swept)
      await this.#read(swept, turn)
    } catch (error) {
      // Waiting for the turn only fails for a list that no resource needs any more.
      if (!swept.stop.signal.aborted) throw error
    }
    swept.end(this.#options.clock.monotonic())
    this.#reschedule(swept)
    this.#setTimer()
    await this.#notify(swept)
  }

  /** Waits for the turn of a sweep. If that takes long, subscribers are notified of an error that says so. */
  async #turnOf(swept: SweptConnection): Promise<SweepTurn> {
    const { clock } = this.#options
    const quota = this.#lineOf(swept)
    const onLate = (): void => {
      const others = this.#turns.othersOf(quota)
      const what = `waiting ${MAX_TURN_WAIT_MS / 1_000} s for its turn, with ${others} lists of the same account and region`
      const how = 'let stores share an identity, so that they share one list, or raise the interval'
      swept.failed(new SecretSyncError('Timeout', `listing secrets: ${what}; ${how}`), clock.monotonic())
      swept.wake()
      this.#track(this.#notify(swept))
    }
    const timer = clock.setTimeout(onLate, MAX_TURN_WAIT_MS)
    const { key, namespaces, stop } = swept
    try {
      return await this.#turns.take(quota, { key, namespaces: namespaces.keys(), signal: stop.signal })
    } finally {
      timer.cancel()
    }
  }

  async #read(swept: SweptConnection, turn: SweepTurn): Promise<void> {
    const { clock, random, observer } = this.#options
    const { connection, stop } = swept
    const startedMs = clock.monotonic()
    const withTags = swept.withTags
    swept.began(startedMs)
    const facts = (found: { secrets: readonly unknown[]; pages: number } = { secrets: [], pages: 0 }) => {
      return { durationMs: clock.monotonic() - startedMs, secrets: found.secrets.length, pages: found.pages }
    }
    let bytes = 0
    const onSize = (size: number): void => {
      stop.signal.throwIfAborted()
      swept.assertNotDropped()
      bytes = size
      this.#memory.reserve(swept, Math.max(swept.bytes, size))
    }
    try {
      const list = connection.backend.list?.bind(connection.backend)
      if (list === undefined)
        throw new SecretSyncError('InvalidSpec', `the backend ${connection.kind} cannot list secrets`)
      stop.signal.throwIfAborted()
      const found = await sweepSecrets({ list }, { withTags, clock, random, turn, onSize, signal: stop.signal })
      // Another list may have taken the memory since the last page.
      onSize(bytes)
      swept.bytes = bytes
      if (swept.hasSubscribers) swept.succeeded(found.secrets, { withTags }, clock.monotonic())
      observer?.sweep?.(connection.kind, 'ok', facts(found))
    } catch (thrown) {
      const error = isSecretSyncError(thrown) ? thrown : toSecretSyncError(thrown, 'listing secrets')
      if (swept.hasSubscribers) swept.failed(error, clock.monotonic())
      observer?.sweep?.(connection.kind, error.code, facts(), error)
    }
    if (swept.bytes === 0 || !swept.hasSubscribers) this.#memory.release(swept)
    // This never throws, because at least as much is reserved.
    else this.#memory.reserve(swept, swept.bytes)
  }

  async #notify(swept: SweptConnection): Promise<void> {
    const outdated = await swept.outdated(nextTurn)
    if (outdated.length > 0 && !this.#closed) this.#options.onChange(outdated)
  }

  /** Lists of one quota run one after the other, even with different AccessKeys. */
  #lineOf({ connection: { quota } }: SweptConnection): string {
    return quotaKey(this.#options.quotaOf?.(quota) ?? quota)
  }
}

async function untilEnded(
  ended: Promise<void>,
  { clock, waitMs, signal }: { readonly clock: Clock; readonly waitMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = Number.isFinite(waitMs) ? clock.setTimeout(resolve, waitMs) : undefined
  try {
    await withSignal(Promise.race([ended, late]), signal)
  } finally {
    timer?.cancel()
  }
}
