import {
  type BackendConnection,
  type Clock,
  type ErrorCode,
  isSecretSyncError,
  SecretSyncError,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import { checkedIntervalMs } from '../sources/timers/schedule.ts'
import { TimerHeap } from '../sources/timers/timer-heap.ts'
import { WakeTimer } from '../sources/timers/wake-timer.ts'
import { sweepSecrets } from './sweep.ts'
import { type ListingReading, type ReadingOptions, SweptConnection } from './swept-connection.ts'

/** The secrets of one connection that a resource finds some of. */
export interface ListRef {
  readonly connection: BackendConnection
  readonly withTags: boolean
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
}

/** Figures of {@link SweepPool.stats}. */
export interface SweepStats {
  /** Connections whose secrets are listed. */
  readonly lists: number
  /** Of these, those whose latest sweep failed. */
  readonly failing: number
  /** Secrets in all lists. */
  readonly secrets: number
}

/**
 * Lists the secrets of connections, one sweep for all subscribers of a connection. Sweeps of one account and region follow each other, so
 * that they never use more than the pace of one.
 */
export class SweepPool {
  readonly #options: SweepPoolOptions
  readonly #connections = new Map<string, SweptConnection>()
  readonly #bySubscriber = new Map<string, ReadonlySet<SweptConnection>>()
  readonly #timers = new TimerHeap<SweptConnection>()
  readonly #wakeTimer: WakeTimer
  /** Connections whose sweep is due or runs, by quota. The first one runs. */
  readonly #lines = new Map<string, SweptConnection[]>()
  readonly #running = new Set<Promise<void>>()
  #closed = false

  constructor(options: SweepPoolOptions) {
    this.#options = options
    this.#wakeTimer = new WakeTimer(options.clock, () => this.#tick())
  }

  /** Replaces the lists of `subscriber`. A list without subscribers is dropped. @param intervalMs undefined: no sweeps at an interval */
  subscribe(subscriber: string, lists: readonly ListRef[], intervalMs: number | undefined): void {
    if (this.#closed) return
    const after = new Map<SweptConnection, boolean>()
    for (const { connection, withTags } of lists) {
      const swept = this.#connections.get(connection.key) ?? new SweptConnection(connection, this.#options.random)
      swept.connection = connection
      this.#connections.set(connection.key, swept)
      after.set(swept, withTags || after.get(swept) === true)
    }
    for (const [swept, withTags] of after) {
      swept.join(subscriber, { intervalMs: checkedIntervalMs(intervalMs), withTags })
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

  /**
   * What is known of a list of `subscriber`, after its first sweep. Later the subscriber is notified of changes.
   * @throws SecretSyncError `Cancelled` if it is not subscribed any more; the reason of the signal when that aborts
   */
  async listing(
    subscriber: string,
    connection: string,
    { signal, ...options }: ReadingOptions & { readonly signal: AbortSignal },
  ): Promise<ListingReading> {
    for (;;) {
      signal.throwIfAborted()
      const swept = this.#connections.get(connection)
      if (swept === undefined || this.#bySubscriber.get(subscriber)?.has(swept) !== true) {
        throw new SecretSyncError('Cancelled', 'listing secrets: cancelled because the subscription ended')
      }
      const reading = swept.reading(options, this.#options.clock.monotonic())
      if (reading) {
        swept.delivered(subscriber)
        return reading
      }
      if (!swept.isRunning) swept.request({ isUrgent: options.sinceMs !== undefined })
      this.#reschedule(swept)
      this.#setTimer()
      // oxlint-disable-next-line no-await-in-loop -- one sweep after the other
      await untilEnded(swept.ended, signal)
    }
  }

  /** A message names a secret that may be new: lists that lack it are read. */
  hint(secret: string): void {
    for (const swept of this.#connections.values()) {
      if (swept.has(secret)) continue
      swept.request()
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
    }
  }

  /** Aborts sweeps, drops all lists and the timer. */
  async close(): Promise<void> {
    for (const subscriber of this.#bySubscriber.keys()) this.unsubscribe(subscriber)
    this.#closed = true
    await Promise.all(this.#running)
  }

  #leave(swept: SweptConnection, subscriber: string): void {
    swept.leave(subscriber)
    if (swept.hasSubscribers) return this.#reschedule(swept)
    this.#connections.delete(swept.key)
    this.#timers.remove(swept)
    swept.stop.abort(new SecretSyncError('Cancelled', 'listing secrets: cancelled because nothing needs the list'))
    if (!swept.isRunning) swept.end()
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
      const quota = JSON.stringify(due.connection.quota)
      const line = this.#lines.get(quota)
      if (line) line.push(due)
      else {
        this.#lines.set(quota, [due])
        this.#track(this.#serve(quota))
      }
    }
    this.#setTimer()
  }

  #track(work: Promise<void>): void {
    const tracked: Promise<void> = work.finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
  }

  /** Runs the sweeps of one quota, one after the other. */
  async #serve(quota: string): Promise<void> {
    const line = this.#lines.get(quota) ?? []
    for (let next = line[0]; next !== undefined; next = line[0]) {
      // oxlint-disable-next-line no-await-in-loop -- one at a time
      await this.#sweep(next)
      line.shift()
    }
    this.#lines.delete(quota)
  }

  async #sweep(swept: SweptConnection): Promise<void> {
    const { clock, random, observer } = this.#options
    const { connection, stop } = swept
    const startedMs = clock.monotonic()
    const withTags = swept.withTags
    swept.began(startedMs)
    const facts = (found: { secrets: readonly unknown[]; pages: number } = { secrets: [], pages: 0 }) => {
      return { durationMs: clock.monotonic() - startedMs, secrets: found.secrets.length, pages: found.pages }
    }
    try {
      const list = connection.backend.list?.bind(connection.backend)
      if (list === undefined)
        throw new SecretSyncError('InvalidSpec', `the backend ${connection.kind} cannot list secrets`)
      const found = await sweepSecrets({ list }, { withTags, clock, random, signal: stop.signal })
      if (swept.hasSubscribers) swept.succeeded(found.secrets, { withTags }, clock.monotonic())
      observer?.sweep?.(connection.kind, 'ok', facts(found))
    } catch (thrown) {
      const error = isSecretSyncError(thrown) ? thrown : toSecretSyncError(thrown, 'listing secrets')
      if (swept.hasSubscribers) swept.failed(error, clock.monotonic())
      observer?.sweep?.(connection.kind, error.code, facts(), error)
    }
    const outdated = swept.outdated()
    swept.end()
    this.#reschedule(swept)
    this.#setTimer()
    if (outdated.length > 0) this.#options.onChange(outdated)
  }
}

async function untilEnded(ended: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([ended, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
