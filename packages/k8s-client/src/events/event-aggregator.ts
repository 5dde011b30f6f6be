import { createHash } from 'node:crypto'
import { BoundedMap } from './bounded-map.ts'
import type { EventRecord } from './event.ts'
import { eventsPath } from './event-body.ts'

/** One Event at the API server, and how often it happened. There may be thousands: no more is kept than repeats need. */
export interface EventSeries {
  /** Digest of all that makes an event the same as another. */
  readonly key: string
  readonly type: EventRecord['type']
  /** Collection that the Event is in. */
  readonly path: string
  /** What happened; undefined as soon as the Event exists. */
  record: EventRecord | undefined
  /** Name of the Event object, from its first attempt on. */
  name: string | undefined
  /** Wall-clock milliseconds of the first and the last time. */
  readonly firstMs: number
  lastMs: number
  count: number
  /** `count` as last written, 0 until the Event exists; and when that was, monotonic. */
  writtenCount: number
  writtenAtMs: number
  /** Monotonic milliseconds when it last happened. */
  seenAtMs: number
  /** Waits in the queue already. */
  isQueued: boolean
}

/** Limits of {@link EventBook}. */
export interface EventBookLimits {
  /** Events remembered. */
  readonly maxSeries: number
  /** The same event after a longer silence is a new one. */
  readonly windowMs: number
  /** Shortest pause between two writes of one series. */
  readonly seriesIntervalMs: number
  /** New events about one object: so many at once … */
  readonly burst: number
  /** … and one more after each of these pauses. */
  readonly refillMs: number
}

/** What to do with an event. */
export type EventVerdict =
  | { readonly kind: 'create'; readonly series: EventSeries }
  | { readonly kind: 'patch'; readonly series: EventSeries }
  /** Counted; `due` will give it when its time has come. */
  | { readonly kind: 'counted' }
  | { readonly kind: 'limited' }

interface Bucket {
  tokens: number
  filledAtMs: number
}

/** Tells repeats from news, and too many news from a few. No I/O, no clock of its own. */
export class EventBook {
  readonly #limits: EventBookLimits
  readonly #series: BoundedMap<string, EventSeries>
  readonly #buckets: BoundedMap<string, Bucket>

  constructor(limits: EventBookLimits) {
    this.#limits = limits
    this.#series = new BoundedMap(limits.maxSeries)
    this.#buckets = new BoundedMap(limits.maxSeries)
  }

  /** @param nowMs monotonic @param wallMs wall clock, for what people read */
  add(record: EventRecord, nowMs: number, wallMs: number): EventVerdict {
    const key = keyOf(record)
    const known = this.#series.get(key)
    if (known && nowMs - known.seenAtMs <= this.#limits.windowMs) {
      known.count += 1
      known.lastMs = wallMs
      known.seenAtMs = nowMs
      return this.#isDue(known, nowMs) ? { kind: 'patch', series: known } : { kind: 'counted' }
    }
    if (!this.#takeToken(subjectOf(record), nowMs)) return { kind: 'limited' }
    const times = { firstMs: wallMs, lastMs: wallMs, seenAtMs: nowMs, writtenAtMs: nowMs }
    const unwritten = { name: undefined, count: 1, writtenCount: 0, isQueued: false }
    const series: EventSeries = { key, type: record.type, path: eventsPath(record), record, ...unwritten, ...times }
    this.#series.set(key, series)
    return { kind: 'create', series }
  }

  /** Series that went on since they were last written, and may be written again. */
  due(nowMs: number): EventSeries[] {
    return [...this.#series.values()].filter((series) => this.#isDue(series, nowMs))
  }

  /** All series that went on since they were last written. */
  unwritten(): EventSeries[] {
    return this.due(Infinity)
  }

  /** The event was never written: the next one like it is a new one. */
  forget(series: EventSeries): void {
    this.#series.delete(series.key)
  }

  #isDue(series: EventSeries, nowMs: number): boolean {
    if (series.isQueued || series.writtenCount === 0 || series.count <= series.writtenCount) return false
    // The first repeat makes a series of the event and is written at once.
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

/** The uid where there is one: a text that somebody holds already. */
function subjectOf({ regarding: { kind, namespace, name, uid } }: EventRecord): string {
  return uid || `${kind}/${namespace}/${name}`
}

function keyOf(record: EventRecord): string {
  const { type, reason, action, message } = record
  const text = JSON.stringify([subjectOf(record), type, reason, action, message])
  return createHash('sha256').update(text).digest('base64')
}
