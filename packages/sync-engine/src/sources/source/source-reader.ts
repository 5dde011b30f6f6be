import { nameText, SecretSyncError, type SecretValue, toSecretSyncError } from '@ack-secret-manager/core'
import type { InFlightRead, Outcome } from './in-flight-read.ts'
import type { RateLimits } from '../read-queue/rate-limit.ts'
import { ReadQueue } from '../read-queue/read-queue.ts'
import type { Source } from './source.ts'
import { valueDigester } from './value-digest.ts'
import { cancelled } from '../values-request.ts'

/** A longer read counts as slow. Shorter than the connection timeout of backends. */
const SLOW_MS = 2_000

export interface SourceReaderOptions {
  readonly rateLimits: RateLimits
  readonly maxConcurrentReads: number
  readonly readTimeoutMs: number
  /** The monotonic time. */
  readonly monotonic: () => number
  /** A read ended and no longer occupies its source. */
  readonly onEnd: (source: Source, inFlightRead: InFlightRead, end: ReadEnd) => void
}

export interface ReadEnd {
  /** Undefined if the end says nothing about the source. */
  readonly outcome: Outcome | undefined
  /** Undefined if the end says nothing about the connection. */
  readonly ofConnection: Outcome | undefined
}

/**
 * Executes reads: one per source at a time, within the limits of slots and tokens, each with a deadline. Deadlines are checked
 * by one sweep in order of start, which is cheaper than a timer for each read.
 */
export class SourceReader {
  readonly queue: ReadQueue<Source>
  readonly #options: SourceReaderOptions
  readonly #digest = valueDigester()

  constructor(options: SourceReaderOptions) {
    this.#options = options
    this.queue = new ReadQueue({ rateLimits: options.rateLimits, maxInFlight: options.maxConcurrentReads })
  }

  /** Starts all reads that are allowed now. */
  start(nowMs: number): void {
    for (let next = this.queue.take(nowMs); next !== undefined; next = this.queue.take(nowMs)) this.#read(next, nowMs)
  }

  /** Aborts reads past their deadline. */
  expire(nowMs: number): void {
    for (let late = this.queue.inFlight.first; late?.inFlightRead !== undefined; late = this.queue.inFlight.first) {
      const { inFlightRead } = late
      if (inFlightRead.startedMs + this.#options.readTimeoutMs > nowMs) return
      const waited = `no response within ${this.#options.readTimeoutMs} ms`
      const error = new SecretSyncError(
        'Timeout',
        `reading ${nameText(late.ref.name)} from ${inFlightRead.kind}: ${waited}`,
      )
      inFlightRead.abort.abort(error)
      this.#end(late, inFlightRead, { error })
    }
  }

  /** When {@link start} or {@link expire} must run next; Infinity if only the end of a read can change that. */
  dueMs(nowMs: number): number {
    const oldest = this.queue.inFlight.first?.inFlightRead
    const deadlineMs = oldest === undefined ? Infinity : oldest.startedMs + this.#options.readTimeoutMs
    return Math.min(deadlineMs, this.queue.readyAtMs(nowMs))
  }

  /** Removes a source and cancels its read, which is returned. */
  drop(source: Source): InFlightRead | undefined {
    const inFlightRead = source.ended()
    this.queue.leave(source)
    inFlightRead?.abort.abort(cancelled(source.ref.name))
    return inFlightRead
  }

  #read(source: Source, nowMs: number): void {
    const { backend, kind } = source.connection
    const inFlightRead: InFlightRead = {
      abort: new AbortController(),
      backend,
      kind,
      startedMs: nowMs,
      isOutdated: false,
    }
    source.began(inFlightRead)
    let reading: Promise<SecretValue>
    try {
      reading = backend.read(source.ref, { signal: inFlightRead.abort.signal })
    } catch (error) {
      reading = Promise.reject(error)
    }
    reading.then(
      (value) => this.#end(source, inFlightRead, this.#digested(source, value)),
      (error: unknown) => this.#end(source, inFlightRead, { error: toSecretSyncError(error, whatOf(source)) }),
    )
  }

  #end(source: Source, inFlightRead: InFlightRead, outcome: Outcome): void {
    // The read was aborted or its source dropped.
    if (source.inFlightRead !== inFlightRead) return
    source.ended()
    const nowMs = this.#options.monotonic()
    if (outcome.value === undefined && outcome.error.code === 'Throttled') source.quotaQueue?.bucket.throttled(nowMs)
    this.queue.release(source, { isSlow: nowMs - inFlightRead.startedMs >= SLOW_MS })
    const isReplaced = outcome.value === undefined && inFlightRead.backend !== source.connection.backend
    if (isReplaced || inFlightRead.isOutdated) {
      // The result belongs to a replaced connection, or is older than a forced read.
      this.queue.push(source, source.hasWaiters)
      this.#options.onEnd(source, inFlightRead, { outcome: undefined, ofConnection: isReplaced ? undefined : outcome })
    } else this.#options.onEnd(source, inFlightRead, { outcome, ofConnection: outcome })
  }

  #digested(source: Source, value: SecretValue): Outcome {
    try {
      return { value, digest: this.#digest(value.bytes.expose()) }
    } catch (error) {
      return { error: toSecretSyncError(error, whatOf(source)) }
    }
  }
}

function whatOf(source: Source): string {
  return `reading ${nameText(source.ref.name)} from ${source.connection.kind}`
}
