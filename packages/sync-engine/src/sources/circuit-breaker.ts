import type { SecretSyncError } from '@ack-secret-manager/core'

/** State of a {@link CircuitBreaker}, in the standard words of the pattern. */
export type CircuitState = 'closed' | 'open' | 'half-open'

/** This many different sources have to fail without an answer in between; fewer where the connection has fewer. */
const SOURCES_TO_OPEN = 3
/** From this many different sources on, an outage is one of the whole connection, and an answer ends it for all of them. */
const SOURCES_OF_FULL_OUTAGE = 10
/** Shortest and longest pause between two probes. */
const MIN_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 30_000
/** A pause is this share of the outage's age, so that the end is noticed within that share of it. */
const PAUSE_SHARE = 1 / 8
/** Share of a pause that chance takes off. */
const JITTER = 0.25
/** A pause that the server asks for is honoured up to this. */
export const MAX_RETRY_AFTER_MS = 3_600_000

/** What a read says about its connection; `undefined` where it says nothing. */
export type ConnectionResult = 'answered' | 'unreachable' | undefined

/** A refusal is an answer. A defect or a cancellation says nothing about the connection. */
export function classifyConnection(error: SecretSyncError | undefined): ConnectionResult {
  switch (error?.code) {
    case 'Unavailable':
    case 'Timeout':
    case 'InvalidResponse':
      return 'unreachable'
    case undefined:
    case 'NotFound':
    case 'AccessDenied':
    case 'Unauthenticated':
    case 'Throttled':
      return 'answered'
    case 'InvalidSpec':
      // A backend may refuse a name itself, without a call; only a response has a status.
      return error?.facts.httpStatus === undefined ? undefined : 'answered'
    default:
      return undefined
  }
}

/**
 * Circuit breaker of one connection (one endpoint as one identity). Pure: time and chance are passed in, and the caller reads.
 *
 * Closed, every read goes. Failures of several sources without an answer in between open it: then reads fail without a call. After
 * a pause it is half-open for one probe. An answer closes it, to the probe or to any other read.
 *
 * A source that fails while others get answers is isolated: it is no witness of an outage until it gets an answer itself.
 */
export class CircuitBreaker {
  readonly #random: () => number
  readonly #sources = new Set<string>()
  readonly #isolated = new Set<string>()
  /** Sources that have failed since the last answer, at most {@link SOURCES_OF_FULL_OUTAGE} of them. */
  readonly #failedSources = new Set<string>()
  /** Failures since the last answer, without those of isolated sources. */
  #failures = 0
  #state: CircuitState = 'closed'
  #sinceMs = 0
  #probedMs = -Infinity
  #probeAtMs = Infinity
  #probes = 0
  /** The server asked for a pause until then. */
  #notBeforeMs = -Infinity

  constructor(random: () => number) {
    this.#random = random
  }

  get state(): CircuitState {
    return this.#state
  }

  /** When the next probe may go; Infinity unless open. */
  get probeAtMs(): number {
    return this.#state === 'open' ? Math.max(this.#probeAtMs, this.#notBeforeMs) : Infinity
  }

  /** Probes of this outage. */
  get probes(): number {
    return this.#probes
  }

  /** When the first failure of this outage was. */
  get sinceMs(): number | undefined {
    return this.#state === 'closed' ? undefined : this.#sinceMs
  }

  isIsolated(source: string): boolean {
    return this.#isolated.has(source) && this.#isolated.size < this.#sources.size
  }

  join(source: string): void {
    this.#sources.add(source)
  }

  /** Without a witness there is no outage any more. */
  leave(source: string): void {
    this.#sources.delete(source)
    this.#isolated.delete(source)
    if (this.#failedSources.delete(source) && this.#failedSources.size === 0) this.#close()
  }

  /** The connection has answered a read of `source`, be it with a refusal. */
  answered(source: string): void {
    if (this.#failedSources.size < SOURCES_OF_FULL_OUTAGE)
      for (const witness of this.#failedSources) this.#isolated.add(witness)
    this.#isolated.delete(source)
    this.#close()
  }

  /** A read of `source` has found the connection unreachable. */
  failed(
    source: string,
    { nowMs, retryAfterMs = 0 }: { readonly nowMs: number; readonly retryAfterMs?: number },
  ): void {
    if (this.isIsolated(source)) return
    if (this.#failures === 0) this.#sinceMs = nowMs
    this.#failures += 1
    if (this.#failedSources.size < SOURCES_OF_FULL_OUTAGE) this.#failedSources.add(source)
    if (this.#state === 'closed') {
      const others = this.#sources.size - this.#isolated.size
      if (this.#failures < Math.max(1, Math.min(SOURCES_TO_OPEN, others))) return
      this.#state = 'open'
      this.#pause(nowMs)
    }
    if (retryAfterMs > 0)
      this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs + Math.min(MAX_RETRY_AFTER_MS, retryAfterMs))
  }

  /** The probe goes. */
  probe(nowMs: number): void {
    this.#state = 'half-open'
    this.#probedMs = nowMs
    this.#probes += 1
  }

  /** The probe has ended without an answer. */
  probeEnded(nowMs: number): void {
    if (this.#state !== 'half-open') return
    this.#state = 'open'
    this.#pause(nowMs)
  }

  /** There is a reason to probe sooner: still at most one probe a second, and no sooner than the server asks for. */
  probeSoon(nowMs: number): void {
    if (this.#state !== 'open') return
    this.#probeAtMs = Math.min(this.#probeAtMs, Math.max(nowMs, this.#probedMs + MIN_PAUSE_MS))
  }

  /** Few sources have failed, so the connection may work for others: one that has not been tried is worth a probe. */
  isUncertain(source: string): boolean {
    return (
      this.#failedSources.size < SOURCES_OF_FULL_OUTAGE &&
      !this.#failedSources.has(source) &&
      !this.#isolated.has(source)
    )
  }

  #close(): void {
    this.#failedSources.clear()
    this.#failures = 0
    this.#probes = 0
    this.#notBeforeMs = -Infinity
    this.#state = 'closed'
  }

  #pause(nowMs: number): void {
    const ceilingMs = Math.min(MAX_PAUSE_MS, (nowMs - this.#sinceMs) * PAUSE_SHARE)
    this.#probeAtMs = nowMs + Math.max(MIN_PAUSE_MS, Math.ceil(ceilingMs * (1 - JITTER * this.#random())))
  }
}
