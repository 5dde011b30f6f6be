import { createHash } from 'node:crypto'
import { BoundedMap } from './bounded-map.ts'
import type { EventRecord } from './event.ts'
import { eventsPath } from './event-body.ts'

/** One Event object and its repeat count. There can be thousands, so it keeps only what repeats need. */
export interface EventSeries {
  /** Digest of the fields that identify equal events. */
  readonly key: string
  readonly type: EventRecord['type']
  /** Path of the collection of the Event. */
  readonly path: string
  /** Content of the Event; undefined once the Event exists. */
  record: EventRecord | undefined
  /** Name of the Event object; set by the first attempt. */
  name: string | undefined
  /** Wall-clock milliseconds of the first and last occurrence. */
  readonly firstMs: number
  lastMs: number
  count: number
  /** Last written `count`, 0 until the Event exists, and the monotonic time of that write. */
  writtenCount: number
  writtenAtMs: number
  /** Monotonic milliseconds of the last occurrence. */
  lastSeenAtMs: number
  /** The series is in the queue. */
  isQueued: boolean
}

/** Limits of {@link EventAggregator}. */
export interface EventAggregatorLimits {
  readonly maxSeries: number
  /** An equal event after a longer time starts a new series. */
  readonly windowMs: number
  /** Shortest time between two writes of one series. */
  readonly seriesIntervalMs: number
  /** Token bucket of new events per object: burst size. */
  readonly burst: number
  /** Time after which the bucket gets one more token. */
  readonly refillMs: number
}

/** How to handle an event. */
export type EventDecision =
  | { readonly kind: 'create'; readonly series: EventSeries }
  | { readonly kind: 'patch'; readonly series: EventSeries }
  /** Counted; `due` returns the series when it can be written. */
  | { readonly kind: 'counted' }
  | { readonly kind: 'limited' }

interface Bucket {
  tokens: number
  filledAtMs: number
}

/** Aggregates repeated events into series and limits new events per object. No I/O, no clock. */
export class EventAggregator {
  readonly #limits: EventAggregatorLimits
  readonly #series: BoundedMap<string, EventSeries>
  readonly #buckets: BoundedMap<string, Bucket>

  constructor(limits: EventAggregatorLimits) {
    this.#limits = limits
    this.#series = new BoundedMap(limits.maxSeries)
    this.#buckets = new BoundedMap(limits.maxSeries)
  }

  /** @param nowMs monotonic @param wallMs wall clock, for the times in the Event */
  add(record: EventRecord, nowMs: number, wallMs: number): EventDecision {
    const key = keyOf(record)
    const known = this.#series.get(key)
    if (known && nowMs - known.lastSeenAtMs <= this.#limits.windowMs) {
      known.count += 1
      known.lastMs = wallMs
      known.lastSeenAtMs = nowMs
      return this.#isDue(known, nowMs) ? { kind: 'patch', series: known } : { kind: 'counted' }
    }
    if (!this.#takeToken(subjectOf(record), nowMs)) return { kind: 'limited' }
    const times = { firstMs: wallMs, lastMs: wallMs, lastSeenAtMs: nowMs, writtenAtMs: nowMs }
    const unwritten = { name: undefined, count: 1, writtenCount: 0, isQueued: false }
    const series: EventSeries = { key, type: record.type, path: eventsPath(record), record, ...unwritten, ...times }
    this.#series.set(key, series)
    return { kind: 'create', series }
  }

  /** Series with unwritten repeats that can be written now. */
  due(nowMs: number): EventSeries[] {
    return [...this.#series.values()].filter((series) => this.#isDue(series, nowMs))
  }

  /** All series with unwritten repeats. */
  unwritten(): EventSeries[] {
    return this.due(Infinity)
  }

  /** Drops a series that was not written, so that the next equal event starts a new one. */
  forget(series: EventSeries): void {
    this.#series.delete(series.key)
  }

  #isDue(series: EventSeries, nowMs: number): boolean {
    if (series.isQueued || series.writtenCount === 0 || series.count <= series.writtenCount) return false
    // The first repeat turns the event into a series and is written immediately.
    return series.writtenCount === 1 || nowMs - series.writtenAtMs >= this.#limits.seriesIntervalMs
  }

  #takeToken(subject: string, nowMs: number): boolean {
    const { burst, refillMs } = this.#limits
    const bucket = this.#buckets.get(subject) ?? { tokens: burst, filledAtMs: nowMs }
    const refills = Math.floor((nowMs - bucket.filledAtMs) / refillMs)
    bucket.tokens = Math.min(burst, bucket.tokens + refills)
    bucket.filledAtMs += refills * refillMs
    this.#buckets.set(subject, bucket)
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }
}

/** Prefers the uid, because that string is already in memory. */
function subjectOf({ regarding: { kind, namespace, name, uid } }: EventRecord): string {
  return uid || `${kind}/${namespace}/${name}`
}

function keyOf(record: EventRecord): string {
  const { type, reason, action, message } = record
  const text = JSON.stringify([subjectOf(record), type, reason, action, message])
  return createHash('sha256').update(text).digest('base64')
}
