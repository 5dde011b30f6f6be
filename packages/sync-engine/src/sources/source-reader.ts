import { nameText, SecretSyncError, type SecretValue, toSecretSyncError } from '@ack-secret-manager/core'
import type { InFlightRead, Outcome } from './in-flight-read.ts'
import type { RateLimits } from './read-queue/rate-limit.ts'
import { ReadQueue } from './read-queue/read-queue.ts'
import type { Source } from './source.ts'
import { valueDigester } from './value-digest.ts'

/** A read that takes longer is slow, whatever it ends with: shorter than the time in which backends give a connection up. */
const SLOW_MS = 2_000

/** Options of {@link SourceReader}. */
export interface SourceReaderOptions {
  readonly rateLimits: RateLimits
  readonly maxConcurrentReads: number
  readonly readTimeoutMs: number
  /** The monotonic time. */
  readonly monotonic: () => number
  /** A read has ended; the source is free again. */
  readonly onEnd: (source: Source, inFlightRead: InFlightRead, end: ReadEnd) => void
}

/** How a read ended. */
export interface ReadEnd {
  /** Undefined where the end says nothing about the source. */
  readonly outcome: Outcome | undefined
  /** Undefined where the end says nothing about the connection. */
  readonly ofConnection: Outcome | undefined
}

/**
 * Carries out reads: one per source at a time, as many over all as there are places and tokens, each within its deadline.
 * One sweep over the reads in order of start serves all deadlines: a timer for each would cost more than the read's bookkeeping.
 */
export class SourceReader {
  readonly queue: ReadQueue<Source>
  readonly #options: SourceReaderOptions
  readonly #digest = valueDigester()

  constructor(options: SourceReaderOptions) {
    this.#options = options
    this.queue = new ReadQueue({ rateLimits: options.rateLimits, maxInFlight: options.maxConcurrentReads })
  }

  /** Starts what may be read now. */
  start(nowMs: number): void {
    for (let next = this.queue.take(nowMs); next !== undefined; next = this.queue.take(nowMs)) this.#read(next, nowMs)
  }

  /** Cuts off what takes too long. */
  expire(nowMs: number): void {
    for (let late = this.queue.inFlight.first; late?.inFlightRead !== undefined; late = this.queue.inFlight.first) {
      const { inFlightRead } = late
      if (inFlightRead.startedMs + this.#options.readTimeoutMs > nowMs) return
      const waited = `no answer within ${this.#options.readTimeoutMs} ms`
      const error = new SecretSyncError(
        'Timeout',
        `reading ${nameText(late.ref.name)} from ${inFlightRead.kind}: ${waited}`,
      )
      inFlightRead.abort.abort(error)
      this.#end(late, inFlightRead, { error })
    }
  }

  /** When {@link start} or {@link expire} has something to do next; Infinity if only the end of a read can change that. */
  dueMs(nowMs: number): number {
    const oldest = this.queue.inFlight.first?.inFlightRead
    const deadlineMs = oldest === undefined ? Infinity : oldest.startedMs + this.#options.readTimeoutMs
    return Math.min(deadlineMs, this.queue.readyAtMs(nowMs))
  }

  /** Forgets a source: its read, if one is under way, is cancelled and its end ignored. Returns that read. */
  drop(source: Source): InFlightRead | undefined {
    const { inFlightRead } = source
    source.inFlightRead = undefined
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
    source.inFlightRead = inFlightRead
    // A read that starts now sees whatever the prompts before it were about.
    source.refreshRequestMs = Infinity
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
    // Cut off or dropped meanwhile: what it says now is of no use to anybody.
    if (source.inFlightRead !== inFlightRead) return
    source.inFlightRead = undefined
    const nowMs = this.#options.monotonic()
    if (outcome.value === undefined && outcome.error.code === 'Throttled') source.quotaQueue?.bucket.throttled(nowMs)
    this.queue.release(source, { isSlow: nowMs - inFlightRead.startedMs >= SLOW_MS })
    const isReplaced = outcome.value === undefined && inFlightRead.backend !== source.connection.backend
    if (isReplaced || inFlightRead.isOutdated) {
      // The connection was replaced under the read, which says nothing about the new one; or what it says is from before it was asked.
      this.queue.push(source, source.waiters.length > 0)
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

/** For those who wait for a read that nobody is going to make. */
export function cancelled(name: string): SecretSyncError {
  return new SecretSyncError('Cancelled', `reading ${nameText(name)}: cancelled because the subscription ended`)
}

function whatOf(source: Source): string {
  return `reading ${nameText(source.ref.name)} from ${source.connection.kind}`
}
