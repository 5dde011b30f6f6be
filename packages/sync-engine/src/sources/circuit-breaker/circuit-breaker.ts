import { limitedRetryAfterMs, type SecretSyncError } from '@ack-secret-manager/core'

export type CircuitState = 'closed' | 'open' | 'half-open'

/** Number of failures without a response in between that open the breaker; fewer if the connection has fewer sources. */
const FAILURES_TO_OPEN = 3
/** From this many failed sources on, the outage affects the whole connection. */
const SOURCES_OF_FULL_OUTAGE = 10
/** Shortest and longest pause between two probes. */
const MIN_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 30_000
/** A pause is this share of the outage's age, which bounds the delay of the recovery. */
const PAUSE_SHARE = 1 / 8
/** Maximum share of a pause that jitter removes. */
const JITTER = 0.25

/** Conclusion from a read about its connection; `undefined` if there is none. */
export type ConnectionResult = 'reachable' | 'unreachable' | undefined

/** A refusal is a response. A defect or a cancellation says nothing about the connection. */
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
      return 'reachable'
    case 'InvalidSpec':
      // A backend may refuse a name without a call; only a response has a status.
      return error?.facts.httpStatus === undefined ? undefined : 'reachable'
    default:
      return undefined
  }
}

/**
 * Circuit breaker of one connection (one endpoint as one identity). Pure: time and randomness are passed in, and the caller reads.
 *
 * While closed, every read is sent. Three failures without a response in between open it; then reads fail without a
 * call. After a pause it is half-open for one probe. A response to the probe or to any other read closes it.
 *
 * A source that fails while others get responses is isolated. It does not count towards an outage until it gets a response.
 */
export class CircuitBreaker {
  readonly #random: () => number
  readonly #sources = new Set<string>()
  readonly #isolated = new Set<string>()
  /** Sources that have failed since the last response. */
  readonly #failedSources = new Set<string>()
  /** Failures since the last response, without those of isolated sources. */
  #failures = 0
  #state: CircuitState = 'closed'
  #sinceMs = 0
  #probedMs = -Infinity
  #probeAtMs = Infinity
  #probes = 0
  /** End of the pause that the server requested. */
  #notBeforeMs = -Infinity

  constructor(random: () => number) {
    this.#random = random
  }

  get state(): CircuitState {
    return this.#state
  }

  /** When the next probe may be sent; Infinity unless open. */
  get probeAtMs(): number {
    return this.#state === 'open' ? Math.max(this.#probeAtMs, this.#notBeforeMs) : Infinity
  }

  /** Probes of this outage. */
  get probes(): number {
    return this.#probes
  }

  /** Time of the first failure of this outage. */
  get sinceMs(): number | undefined {
    return this.#state === 'closed' ? undefined : this.#sinceMs
  }

  isIsolated(source: string): boolean {
    return this.#isolated.has(source) && this.#isolated.size < this.#sources.size
  }

  join(source: string): void {
    this.#sources.add(source)
  }

  /** Removes a source. The outage ends with the last failed source. */
  leave(source: string): void {
    this.#sources.delete(source)
    this.#isolated.delete(source)
    if (this.#failedSources.delete(source) && this.#failedSources.size === 0) this.#close()
  }

  /** A read of `source` got a response, which may be a refusal. */
  onResponse(source: string): void {
    for (const failed of this.#failedSources) this.#isolated.add(failed)
    this.#isolated.delete(source)
    this.#close()
  }

  /** A read of `source` got no response. */
  failed(
    source: string,
    { nowMs, retryAfterMs = 0 }: { readonly nowMs: number; readonly retryAfterMs?: number },
  ): void {
    if (this.isIsolated(source)) return
    if (this.#failures === 0) this.#sinceMs = nowMs
    this.#failures += 1
    this.#failedSources.add(source)
    if (this.#state === 'closed') {
      const others = this.#sources.size - this.#isolated.size
      if (this.#failures < Math.max(1, Math.min(FAILURES_TO_OPEN, others))) return
      this.#state = 'open'
      this.#pause(nowMs)
    }
    if (retryAfterMs > 0) this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs + limitedRetryAfterMs(retryAfterMs))
  }

  probe(nowMs: number): void {
    this.#state = 'half-open'
    this.#probedMs = nowMs
    this.#probes += 1
  }

  /** The probe got no response. */
  probeEnded(nowMs: number): void {
    if (this.#state !== 'half-open') return
    this.#state = 'open'
    this.#pause(nowMs)
  }

  /** Probes earlier, but at most once a second and not before `Retry-After`. */
  probeSoon(nowMs: number): void {
    if (this.#state !== 'open') return
    this.#probeAtMs = Math.min(this.#probeAtMs, Math.max(nowMs, this.#probedMs + MIN_PAUSE_MS))
  }

  /** Whether `source` has failed since the last response. */
  hasFailed(source: string): boolean {
    return this.#failedSources.has(source)
  }

  /** Few sources have failed, so the connection may work for `source`, which has not been tried. */
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
