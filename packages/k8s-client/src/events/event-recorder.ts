import {
  type Clock,
  type ClockTimer,
  fullJitter,
  isOutage,
  sleep,
  systemClock,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import type { SecretSyncError } from '@ack-secret-manager/core'
import type { EventRecord } from './event.ts'
import { EventQueue } from './event-queue.ts'
import { EventBook, type EventSeries } from './event-aggregator.ts'
import { eventBody, eventName, seriesPatch, withinLimits } from './event-body.ts'
import { isKubeApiError, isNamespaceTerminating, type KubeApiError } from '../client/kube-api-error.ts'
import type { KubeClient } from '../client/kube-client.ts'
import { ACCEPT_METADATA } from '../client/media-types.ts'

/** Counters for metrics. */
export interface EventRecorderStats {
  readonly queued: number
  /** Events created. */
  readonly created: number
  /** Repeats written into an existing event. */
  readonly patched: number
  readonly dropped: Readonly<Record<EventDrop, number>>
}

/** Why an event was not written. */
export type EventDrop = 'overflow' | 'rateLimited' | 'failed'

/** Options of {@link EventRecorder}. */
export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'mergePatch'>
  /** Identity of this process, such as the pod's name. */
  readonly instance: string
  /** @default ack-secret-manager */
  readonly controller?: string
  /**
   * Events waiting, about half a kilobyte each; when there are more the oldest goes, warnings last.
   * @default 10_000, so that each of that many resources can have news at once
   */
  readonly queueLimit?: number
  /** Events written at once. @default 8, which keeps up with sixteen syncs that write twice each */
  readonly concurrency?: number
  /** The same event again within this time is a repeat. @default 600_000 */
  readonly windowMs?: number
  /** Shortest pause between two writes of one event's repeats. @default 60_000 */
  readonly seriesIntervalMs?: number
  /** New events about one object at once. @default 25, as client-go */
  readonly burst?: number
  /** Pause after which an object may have one more. @default 300_000, as client-go */
  readonly refillMs?: number
  /** An event could not be written and was dropped. */
  readonly onError?: (error: KubeApiError | SecretSyncError) => void
  /** An event was dropped: too many wait, too many are about one object, or it could not be written. For counting. */
  readonly onDrop?: (why: EventDrop) => void
  /** Told once when a backlog is over, or the recorder closed, how many events that had to make room for others. */
  readonly onBacklog?: (dropped: number) => void
  /** @default systemClock */
  readonly clock?: Clock
  /** A number in [0, 1), for names and pauses. @default Math.random */
  readonly random?: () => number
}

/** Events and objects remembered, as client-go's cache. */
const MAX_SERIES = 4_096

/** Tries of one event while the API server is away or throttles. */
const MAX_ATTEMPTS = 6

const BACKOFF = { baseMs: 500, maxMs: 10_000 }

/** Longest pause that an API server can ask for: others wait meanwhile. */
const MAX_RETRY_AFTER_MS = 60_000

const WRITE_TIMEOUT_MS = 10_000

/** Writes `events.k8s.io/v1` Events in the background. Never blocks, never throws into its caller. */
export class EventRecorder implements AsyncDisposable {
  readonly #options: Required<Omit<EventRecorderOptions, 'onError' | 'onDrop' | 'onBacklog'>> & EventRecorderOptions
  readonly #book: EventBook
  readonly #queue: EventQueue
  readonly #closing = new AbortController()
  readonly #workers = new Set<Promise<void>>()
  readonly #counts = { created: 0, patched: 0 }
  readonly #dropped: Record<EventDrop, number> = { overflow: 0, rateLimited: 0, failed: 0 }
  /** Dropped in the backlog of the moment. */
  #madeRoom = 0
  #timer: ClockTimer | undefined
  #isClosed = false

  constructor(options: EventRecorderOptions) {
    this.#options = {
      controller: 'ack-secret-manager',
      queueLimit: 10_000,
      concurrency: 8,
      windowMs: 600_000,
      seriesIntervalMs: 60_000,
      burst: 25,
      refillMs: 300_000,
      clock: systemClock,
      random: Math.random,
      ...options,
    }
    this.#queue = new EventQueue(this.#options.queueLimit)
    this.#book = new EventBook({ ...this.#options, maxSeries: MAX_SERIES })
  }

  get stats(): EventRecorderStats {
    return { queued: this.#queue.size, ...this.#counts, dropped: { ...this.#dropped } }
  }

  /** Notes an event. It is written soon, counted into an earlier one like it, or dropped where there are too many. */
  record(event: EventRecord): void {
    if (this.#isClosed) return this.#countDrop('overflow')
    const { clock } = this.#options
    const verdict = this.#book.add(withinLimits(event), clock.monotonic(), clock.now())
    if (verdict.kind === 'limited') this.#countDrop('rateLimited')
    else if (verdict.kind === 'counted') this.#armTimer()
    else this.#enqueue(verdict.series)
  }

  /** Writes what waits, repeats included, for at most `timeoutMs` (default 5,000); what remains then is dropped. */
  async close({ timeoutMs = 5_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    const timer = this.#options.clock.setTimeout(() => this.#closing.abort(), timeoutMs)
    do {
      // Repeats of an event that was only now created come to light late.
      for (const series of this.#book.unwritten()) this.#enqueue(series)
      await Promise.all(this.#workers)
    } while (!this.#closing.signal.aborted && (this.#workers.size > 0 || this.#book.unwritten().length > 0))
    timer.cancel()
    this.#closing.abort()
    for (let left = this.#queue.clear(); left > 0; left -= 1) this.#countDrop('overflow')
    this.#tellBacklog()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #enqueue(series: EventSeries): void {
    series.isQueued = true
    const tooMany = this.#queue.push(series)
    if (tooMany) this.#drop(tooMany, 'overflow')
    if (this.#workers.size >= this.#options.concurrency) return
    const worker = this.#work().finally(() => this.#workers.delete(worker))
    this.#workers.add(worker)
  }

  async #work(): Promise<void> {
    for (let series = this.#queue.shift(); series !== undefined; series = this.#queue.shift()) {
      await this.#writeWithRetries(series)
      series.isQueued = false
      if (series.count > series.writtenCount) this.#armTimer()
      if (this.#closing.signal.aborted) return
    }
    this.#tellBacklog()
  }

  async #writeWithRetries(series: EventSeries): Promise<void> {
    const { signal } = this.#closing
    const { clock, onError, random } = this.#options
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#write(series)
        return
      } catch (thrown) {
        const error = isKubeApiError(thrown) ? thrown : toSecretSyncError(thrown, 'writing an event')
        if (signal.aborted || attempt + 1 >= MAX_ATTEMPTS || !isPassing(error)) {
          this.#drop(series, 'failed')
          if (!signal.aborted && !isOfTerminatingNamespace(error)) onError?.(error)
          return
        }
        const askedForMs = Math.min((isKubeApiError(error) && error.retryAfterMs) || 0, MAX_RETRY_AFTER_MS)
        const pauseMs = Math.max(fullJitter(attempt, BACKOFF, random), askedForMs)
        await sleep(pauseMs, { clock, signal }).catch(() => {
          // Aborted: the next attempt fails at once and drops the event.
        })
      }
    }
  }

  async #write(series: EventSeries): Promise<void> {
    const { client, clock, controller, instance } = this.#options
    // The answer is not looked at: the shorter the better.
    const call = { accept: ACCEPT_METADATA, signal: this.#closing.signal, timeoutMs: WRITE_TIMEOUT_MS }
    const { count, firstMs, path, record } = series
    if (record) {
      // The name stays over retries: an attempt without an answer may have arrived.
      series.name ??= eventName(record, randomDigits(this.#options.random))
      const body = eventBody(record, series.name, { controller, instance, firstMs })
      await client.create(path, body, call).catch((error: unknown) => {
        if (!isKubeApiError(error, 409)) throw error
      })
      series.record = undefined
      series.writtenCount = 1
      this.#counts.created += 1
    } else {
      await client.mergePatch(`${path}/${series.name}`, seriesPatch(series), call)
      series.writtenCount = count
      this.#counts.patched += 1
    }
    series.writtenAtMs = clock.monotonic()
  }

  #countDrop(why: EventDrop): void {
    this.#dropped[why] += 1
    if (why === 'overflow') this.#madeRoom += 1
    this.#options.onDrop?.(why)
  }

  #tellBacklog(): void {
    if (this.#madeRoom === 0) return
    this.#options.onBacklog?.(this.#madeRoom)
    this.#madeRoom = 0
  }

  #drop(series: EventSeries, why: EventDrop): void {
    this.#countDrop(why)
    series.isQueued = false
    this.#book.forget(series)
  }

  /** One timer for all repeats that wait for their time. */
  #armTimer(): void {
    if (this.#timer !== undefined || this.#isClosed) return
    const { clock, seriesIntervalMs } = this.#options
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined
      for (const series of this.#book.due(clock.monotonic())) this.#enqueue(series)
      if (this.#book.unwritten().length > 0) this.#armTimer()
    }, seriesIntervalMs)
  }
}

/** An event of a namespace that is being deleted goes with it: nothing is wrong. */
function isOfTerminatingNamespace(error: KubeApiError | SecretSyncError): boolean {
  return isKubeApiError(error) && isNamespaceTerminating(error)
}

/** Whether the same write can succeed later. */
function isPassing(error: KubeApiError | SecretSyncError): boolean {
  if (isKubeApiError(error)) return error.status === 429 || error.status >= 500
  return isOutage(error.code)
}

/** Sixteen hexadecimal digits: no two events about one object have the same. */
function randomDigits(random: () => number): string {
  const half = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return half() + half()
}
