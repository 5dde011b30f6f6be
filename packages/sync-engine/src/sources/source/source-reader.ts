import {
  nameText,
  type ReadResult,
  SecretSyncError,
  type SecretValue,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import type { BatchPolicy } from './batch-policy.ts'
import type { InFlightRead, Outcome } from './in-flight-read.ts'
import { isQuotaExceeded, type RateLimits } from '../read-queue/rate-limit.ts'
import { ReadQueue } from '../read-queue/read-queue.ts'
import type { Source } from './source.ts'
import { valueDigester } from './value-digest.ts'
import { cancelled } from '../values-request.ts'

export interface SourceReaderOptions {
  readonly rateLimits: RateLimits
  readonly maxConcurrentReads: number
  readonly readTimeoutMs: number
  /** The monotonic time. */
  readonly monotonic: () => number
  /** @default every source is read alone */
  readonly batches?: BatchPolicy | undefined
  /** A read ended and no longer occupies its source. */
  readonly onEnd: (source: Source, inFlightRead: InFlightRead, end: ReadEnd) => void
  /** A call for several secrets ended: with an error if it failed as a whole. */
  readonly onBatch?: ((kind: string, secrets: number, error: SecretSyncError | undefined) => void) | undefined
  /** All reads of a call have ended. */
  readonly onStepEnd: (nowMs: number) => void
}

export interface ReadEnd {
  /** Undefined if the end says nothing about the source. */
  readonly outcome: Outcome | undefined
  /** Undefined if the end says nothing about the connection. */
  readonly ofConnection: Outcome | undefined
  /** The batch failed as a whole, and the source is queued again. @default false */
  readonly isRepeated?: boolean
}

/** Reads of several sources with one call. */
interface BatchCall {
  readonly kind: string
  readonly secrets: number
  readonly startedMs: number
  readonly abort: AbortController
  /** Reads that have neither ended nor been dropped. */
  readonly reads: Map<Source, InFlightRead>
}

/**
 * Executes reads: one per source at a time, within the limits of slots and tokens, each with a deadline. Deadlines are checked
 * by one sweep in order of start, which is cheaper than a timer for each read. A batch has half of the time, so that its sources can
 * still be read alone.
 */
export class SourceReader {
  readonly queue: ReadQueue<Source>
  readonly #options: SourceReaderOptions
  readonly #batches: BatchPolicy | undefined
  readonly #digest = valueDigester()
  /** In order of start. */
  readonly #calls = new Set<BatchCall>()

  constructor(options: SourceReaderOptions) {
    this.#options = options
    const { rateLimits, maxConcurrentReads, batches } = options
    this.#batches = batches
    this.queue = new ReadQueue({
      rateLimits,
      maxInFlight: maxConcurrentReads,
      groupOf: (source) => batches?.groupOf(source),
    })
  }

  /** Assigns a source to the quota of its connection and the limit of its stores. */
  enter(source: Source): void {
    this.queue.enter(source, source.connection.quota, source.subscribers.budget)
  }

  /** A subscriber has left: neither its turn nor the limit of its store may delay the others. */
  readerLeft(source: Source, subscriber: string): void {
    this.enter(source)
    this.queue.readerLeft(source, subscriber)
  }

  /** Starts all reads that are allowed now. */
  start(nowMs: number): void {
    for (let next = this.queue.take(nowMs); next !== undefined; next = this.queue.take(nowMs)) {
      const share = this.#batches?.share(next, nowMs)
      const more = share === undefined ? [] : this.queue.takeMore(next, nowMs, share)
      if (more.length === 0) this.#read(next, nowMs)
      else this.#readMany([next, ...more], nowMs)
    }
  }

  /** Aborts reads past their deadline. */
  expire(nowMs: number): void {
    for (const call of this.#calls) {
      if (call.startedMs + this.#batchTimeoutMs > nowMs) break
      const error = new SecretSyncError('Timeout', `reading a batch: no response within ${this.#batchTimeoutMs} ms`)
      call.abort.abort(error)
      this.#batchFailed(call, error)
    }
    for (let late = this.queue.inFlight.first; late?.inFlightRead !== undefined; late = this.queue.inFlight.first) {
      const { inFlightRead } = late
      if (inFlightRead.startedMs + this.#options.readTimeoutMs > nowMs) return
      const waited = `no response within ${this.#options.readTimeoutMs} ms`
      const error = new SecretSyncError(
        'Timeout',
        `reading ${nameText(late.ref.name)} from ${inFlightRead.kind}: ${waited}`,
      )
      inFlightRead.cancel(error)
      this.#end(late, inFlightRead, { error })
      this.#options.onStepEnd(nowMs)
    }
  }

  /** When {@link start} or {@link expire} must run next; Infinity if only the end of a read can change that. */
  dueMs(nowMs: number): number {
    const [oldestBatch] = this.#calls
    const batchMs = (oldestBatch?.startedMs ?? Infinity) + this.#batchTimeoutMs
    const readMs = (this.queue.inFlight.first?.inFlightRead?.startedMs ?? Infinity) + this.#options.readTimeoutMs
    return Math.min(readMs, batchMs, this.queue.readyAtMs(nowMs))
  }

  /** Removes a source and cancels its read, which is returned. */
  drop(source: Source): InFlightRead | undefined {
    const inFlightRead = source.ended()
    this.queue.leave(source)
    this.#batches?.forget(source)
    inFlightRead?.cancel(cancelled(source.ref.name))
    return inFlightRead
  }

  get #batchTimeoutMs(): number {
    return this.#options.readTimeoutMs / 2
  }

  #read(source: Source, nowMs: number): void {
    const { backend, kind } = source.connection
    const abort = new AbortController()
    const inFlightRead: InFlightRead = {
      cancel: (reason) => abort.abort(reason),
      backend,
      kind,
      startedMs: nowMs,
      isOutdated: false,
    }
    source.began(inFlightRead)
    let reading: Promise<SecretValue>
    try {
      reading = backend.read(source.ref, { signal: abort.signal })
    } catch (error) {
      reading = Promise.reject(error)
    }
    const end = (outcome: Outcome): void => {
      // The read was aborted or its source dropped.
      if (source.inFlightRead !== inFlightRead) return
      this.#end(source, inFlightRead, outcome)
      this.#options.onStepEnd(this.#options.monotonic())
    }
    reading.then(
      (value) => end(this.#digested(source, value)),
      (error: unknown) => end({ error: toSecretSyncError(error, whatOf(source)) }),
    )
  }

  #readMany(sources: readonly Source[], nowMs: number): void {
    const [{ connection } = { connection: undefined }] = sources
    if (connection === undefined) return
    const { backend, kind } = connection
    const secrets = sources.length
    const call: BatchCall = { kind, secrets, startedMs: nowMs, abort: new AbortController(), reads: new Map() }
    for (const source of sources) {
      const cancel = (reason: SecretSyncError): void => {
        call.reads.delete(source)
        if (call.reads.size > 0) return
        this.#calls.delete(call)
        this.#options.onBatch?.(kind, secrets, reason)
        call.abort.abort(reason)
      }
      const inFlightRead: InFlightRead = { cancel, backend, kind, startedMs: nowMs, isOutdated: false }
      call.reads.set(source, inFlightRead)
      source.began(inFlightRead)
    }
    this.#calls.add(call)
    const refs = sources.map(({ ref }) => ref)
    const { signal } = call.abort
    const reading = (async () => backend.readMany?.(refs, { signal }) ?? refs.map(() => undefined))()
    reading.then(
      (results) => this.#batchEnded(call, sources, results),
      (error: unknown) =>
        this.#batchFailed(call, toSecretSyncError(error, `reading ${refs.length} secrets from ${kind}`)),
    )
  }

  #batchEnded(call: BatchCall, sources: readonly Source[], entries: ReadonlyArray<ReadResult | undefined>): void {
    if (!this.#calls.delete(call)) return
    const nowMs = this.#options.monotonic()
    const results = sources.map((_source, index) => usable(entries[index]))
    const failure = failureOfAll(results, call)
    this.#options.onBatch?.(call.kind, call.secrets, failure)
    const [first] = sources
    // Single reads would also be throttled or unauthenticated, and cost more, so these errors neither begin nor end a pause.
    if (failure !== undefined && results.every((result) => result === undefined))
      this.#batches?.failed(sources, failure, nowMs, { isComplete: true })
    else if (failure === undefined && first !== undefined) this.#batches?.responded(first.connection)
    const unknown: Array<readonly [Source, InFlightRead]> = []
    for (const [index, source] of sources.entries()) {
      const inFlightRead = call.reads.get(source)
      if (inFlightRead === undefined || source.inFlightRead !== inFlightRead) continue
      const result = results[index]
      if (result === undefined) unknown.push([source, inFlightRead])
      else if (result.value === undefined) this.#end(source, inFlightRead, { error: result.error }, true)
      else this.#end(source, inFlightRead, this.#digested(source, result.value), true)
    }
    this.#batches?.unmentioned(
      unknown.map(([source]) => source),
      nowMs,
    )
    this.#repeat(unknown)
    this.#options.onStepEnd(this.#options.monotonic())
  }

  /** The call says nothing about its sources: they are queued again, and the policy decides how they are read. */
  #batchFailed(call: BatchCall, error: SecretSyncError): void {
    if (!this.#calls.delete(call)) return
    this.#options.onBatch?.(call.kind, call.secrets, error)
    const nowMs = this.#options.monotonic()
    const reads = [...call.reads].filter(([source, read]) => source.inFlightRead === read)
    if (isQuotaExceeded(error)) reads[0]?.[0].quotaQueue?.bucket.throttled(nowMs)
    const sources = reads.map(([source]) => source)
    this.#batches?.failed(sources, error, nowMs, { isComplete: reads.length === call.secrets })
    this.#repeat(reads)
    this.#options.onStepEnd(nowMs)
  }

  /** Queues the sources again. They have had their turn, so they go first. */
  #repeat(reads: ReadonlyArray<readonly [Source, InFlightRead]>): void {
    for (const [source] of reads) {
      source.ended()
      this.queue.release(source)
      this.queue.push(source, true)
    }
    for (const [source, read] of reads) {
      this.#options.onEnd(source, read, { outcome: undefined, ofConnection: undefined, isRepeated: true })
    }
  }

  #end(source: Source, inFlightRead: InFlightRead, outcome: Outcome, isShared = false): void {
    source.ended()
    const nowMs = this.#options.monotonic()
    if (isQuotaExceeded(outcome.error)) source.quotaQueue?.bucket.throttled(nowMs)
    this.#batches?.ended(source, outcome, nowMs, { isShared })
    this.queue.release(source, { durationMs: nowMs - inFlightRead.startedMs })
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

/** A malformed entry says nothing about its secret, which may be readable alone. */
function usable(result: ReadResult | undefined): ReadResult | undefined {
  return result?.error?.code === 'InvalidResponse' ? undefined : result
}

/** The failure of the whole call, if there is one. A throttled or unauthenticated call has that result for each secret. */
function failureOfAll(
  results: ReadonlyArray<ReadResult | undefined>,
  { kind, secrets }: BatchCall,
): SecretSyncError | undefined {
  const errors = results.flatMap((result) => result?.error ?? [])
  const isOfCall = errors.every(({ code }) => code === 'Throttled' || code === 'Unauthenticated')
  if (errors.length === secrets && isOfCall) return errors[0]
  if (results.some((result) => result !== undefined)) return undefined
  return new SecretSyncError(
    'InvalidResponse',
    `reading ${secrets} secrets from ${kind}: no usable entry in the response`,
  )
}

function whatOf(source: Source): string {
  return `reading ${nameText(source.ref.name)} from ${source.connection.kind}`
}
