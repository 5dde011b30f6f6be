import {
  checkLimits,
  type Clock,
  type ClockTimer,
  fullJitter,
  isOutage,
  sleep,
  systemClock,
  toSecretSyncError,
  withDefaults,
} from '@ack-secret-manager/core'
import type { SecretSyncError } from '@ack-secret-manager/core'
import type { EventRecord } from './event.ts'
import { EventQueue } from './event-queue.ts'
import { EventAggregator, type EventSeries } from './event-aggregator.ts'
import { eventBody, eventName, seriesPatch, withinLimits } from './event-body.ts'
import { isKubeApiError, isNamespaceTerminating, type KubeApiError } from '../client/kube-api-error.ts'
import type { KubeClient } from '../client/kube-client.ts'
import { ACCEPT_METADATA } from '../client/media-types.ts'

/** Counters of an {@link EventRecorder}, for metrics. */
export interface EventRecorderStats {
  readonly queued: number
  /** Events created. */
  readonly created: number
  /** Repeats written to an existing event. */
  readonly patched: number
  readonly dropped: Readonly<Record<EventDrop, number>>
}

/** Why an event was not written. */
export type EventDrop = 'overflow' | 'rateLimited' | 'failed'

export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'mergePatch'>
  /** Identity of this process, such as the pod name. */
  readonly instance: string
  /** @default ack-secret-manager */
  readonly controller?: string
  /**
   * Maximum number of queued events, about half a kilobyte each. Beyond it the oldest of the namespace with the most is dropped, warnings last.
   * @default 10_000, so that each of 10,000 resources can have one event
   */
  readonly queueLimit?: number
  /** Concurrent writes. @default 8, which keeps up with sixteen syncs of two writes each */
  readonly concurrency?: number
  /** An equal event within this time is a repeat. @default 600_000 */
  readonly windowMs?: number
  /** Shortest time between two writes of the repeats of one event. @default 60_000 */
  readonly seriesIntervalMs?: number
  /** Burst of new events about one object. @default 25, as client-go */
  readonly burst?: number
  /** Time after which an object can have one more event. @default 300_000, as client-go */
  readonly refillMs?: number
  /** An event could not be written and was dropped. */
  readonly onError?: (error: KubeApiError | SecretSyncError) => void
  /** An event was dropped: the queue was full, the object had too many events, or the write failed. For counting. */
  readonly onDrop?: (why: EventDrop) => void
  /** Called once after a queue overflow is over, or the recorder is closed, with the number of dropped events. */
  readonly onBacklog?: (dropped: number) => void
  /** @default systemClock */
  readonly clock?: Clock
  /** A number in [0, 1) for names and backoff. @default Math.random */
  readonly random?: () => number
}

/** Series and objects in the cache, as in client-go. */
const MAX_SERIES = 4_096

/** Attempts for one event while the API server is unavailable or throttles. */
const MAX_ATTEMPTS = 6

const BACKOFF = { baseMs: 500, maxMs: 10_000 }

/** Upper limit for `Retry-After`, because other events wait behind this one. */
const MAX_RETRY_AFTER_MS = 60_000

const WRITE_TIMEOUT_MS = 10_000

/** Writes `events.k8s.io/v1` Events in the background. `record` never blocks and never throws. */
export class EventRecorder implements AsyncDisposable {
  readonly #options: Required<Omit<EventRecorderOptions, 'onError' | 'onDrop' | 'onBacklog'>> & EventRecorderOptions
  readonly #aggregator: EventAggregator
  readonly #queue: EventQueue
  readonly #closing = new AbortController()
  readonly #workers = new Set<Promise<void>>()
  readonly #counts = { created: 0, patched: 0 }
  readonly #dropped: Record<EventDrop, number> = { overflow: 0, rateLimited: 0, failed: 0 }
  /** Events dropped in the current backlog. */
  #droppedInBacklog = 0
  #timer: ClockTimer | undefined
  #isClosed = false

  /** @throws RangeError for a limit that is not a whole number of at least 1 */
  constructor(options: EventRecorderOptions) {
    this.#options = withDefaults(options, {
      controller: 'ack-secret-manager',
      queueLimit: 10_000,
      concurrency: 8,
      windowMs: 600_000,
      seriesIntervalMs: 60_000,
      burst: 25,
      refillMs: 300_000,
      clock: systemClock,
      random: Math.random,
    })
    const { queueLimit, concurrency, windowMs, seriesIntervalMs, burst, refillMs } = this.#options
    checkLimits({ queueLimit, concurrency, windowMs, seriesIntervalMs, burst, refillMs })
    this.#queue = new EventQueue(queueLimit)
    this.#aggregator = new EventAggregator({ ...this.#options, maxSeries: MAX_SERIES })
  }

  get stats(): EventRecorderStats {
    return { queued: this.#queue.size, ...this.#counts, dropped: { ...this.#dropped } }
  }

  /** Records an event. It is queued, counted as a repeat of an equal event, or dropped beyond the limits. */
  record(event: EventRecord): void {
    if (this.#isClosed) return this.#countDrop('overflow')
    const { clock } = this.#options
    const decision = this.#aggregator.add(withinLimits(event), clock.monotonic(), clock.now())
    if (decision.kind === 'limited') this.#countDrop('rateLimited')
    else if (decision.kind === 'counted') this.#armTimer()
    else this.#enqueue(decision.series)
  }

  /** Writes the queued events and repeats for at most `timeoutMs` (default 5,000), then drops the rest. */
  async close({ timeoutMs = 5_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    const timer = this.#options.clock.setTimeout(() => this.#closing.abort(), timeoutMs)
    do {
      // An event that was just created may already have repeats.
      for (const series of this.#aggregator.unwritten()) this.#enqueue(series)
      await Promise.all(this.#workers)
    } while (!this.#closing.signal.aborted && (this.#workers.size > 0 || this.#aggregator.unwritten().length > 0))
    timer.cancel()
    this.#closing.abort()
    for (let left = this.#queue.clear(); left > 0; left -= 1) this.#countDrop('overflow')
    this.#reportBacklog()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #enqueue(series: EventSeries): void {
    series.isQueued = true
    const evicted = this.#queue.push(series)
    if (evicted) this.#drop(evicted, 'overflow')
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
    this.#reportBacklog()
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
        if (signal.aborted || attempt + 1 >= MAX_ATTEMPTS || !isTransient(error)) {
          this.#drop(series, 'failed')
          if (!signal.aborted && !isOfTerminatingNamespace(error)) onError?.(error)
          return
        }
        const retryAfterMs = Math.min((isKubeApiError(error) && error.retryAfterMs) || 0, MAX_RETRY_AFTER_MS)
        const pauseMs = Math.max(fullJitter(attempt, BACKOFF, random), retryAfterMs)
        await sleep(pauseMs, { clock, signal }).catch(() => {
          // Aborted: the next attempt fails immediately and drops the event.
        })
      }
    }
  }

  async #write(series: EventSeries): Promise<void> {
    const { client, clock, controller, instance } = this.#options
    // The response is not used, so request the short form.
    const call = { accept: ACCEPT_METADATA, signal: this.#closing.signal, timeoutMs: WRITE_TIMEOUT_MS }
    const { count, firstMs, path, record } = series
    if (record) {
      // Retries use the same name, because an attempt without a response may have succeeded.
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
    if (why === 'overflow') this.#droppedInBacklog += 1
    this.#options.onDrop?.(why)
  }

  #reportBacklog(): void {
    if (this.#droppedInBacklog === 0) return
    this.#options.onBacklog?.(this.#droppedInBacklog)
    this.#droppedInBacklog = 0
  }

  #drop(series: EventSeries, why: EventDrop): void {
    this.#countDrop(why)
    series.isQueued = false
    this.#aggregator.forget(series)
  }

  /** One timer for all pending repeats. */
  #armTimer(): void {
    if (this.#timer !== undefined || this.#isClosed) return
    const { clock, seriesIntervalMs } = this.#options
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined
      for (const series of this.#aggregator.due(clock.monotonic())) this.#enqueue(series)
      if (this.#aggregator.unwritten().length > 0) this.#armTimer()
    }, seriesIntervalMs)
  }
}

/** Events of a namespace that is being deleted are not reported as errors. */
function isOfTerminatingNamespace(error: KubeApiError | SecretSyncError): boolean {
  return isKubeApiError(error) && isNamespaceTerminating(error)
}

/** Whether a retry can succeed. */
function isTransient(error: KubeApiError | SecretSyncError): boolean {
  if (isKubeApiError(error)) return error.status === 429 || error.status >= 500
  return isOutage(error.code)
}

/** Sixteen hexadecimal digits, unique per object in practice. */
function randomDigits(random: () => number): string {
  const half = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return half() + half()
}
