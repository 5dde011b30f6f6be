/** Whose quota a call draws on, see `BackendConnection.quota` of core. */
export interface Quota {
  readonly account: string
  readonly region: string
}

/** Bounds of an {@link AimdTokenBucket}. */
export interface AimdOptions {
  /** Highest rate. */
  readonly maxPerSecond: number
  /** Tokens that may be saved, as a share of the current rate; never less than one. @default 0.125 */
  readonly burstShare?: number
}

/** The rate never falls below this. */
const MIN_PER_SECOND = 1
/** Answers 'throttled' within this time belong to one overload and halve the rate once. */
const HALVE_AT_MOST_EVERY_MS = 1_000
/** Share of the highest rate that comes back per second: from 1/s to the full rate in 20 s. */
const RECOVERED_PER_SECOND = 0.05
/** Keeps a token that is due by arithmetic from being missed by rounding. */
const ROUNDING = 1e-9

/**
 * Token bucket whose rate halves when the other side throttles (additive increase, multiplicative decrease).
 * In any second it lets `rate + burst` calls pass: 450 with the defaults of {@link RateLimits}. Time is handed in.
 */
export class AimdTokenBucket {
  readonly #maxPerSecond: number
  readonly #burstShare: number
  #perSecond: number
  #tokens: number
  #atMs = -Infinity
  #halvedMs = -Infinity

  constructor({ maxPerSecond, burstShare = 0.125 }: AimdOptions) {
    if (!(maxPerSecond > 0)) throw new RangeError(`maxPerSecond: expected a number > 0, got ${maxPerSecond}`)
    if (!(burstShare > 0)) throw new RangeError(`burstShare: expected a number > 0, got ${burstShare}`)
    this.#maxPerSecond = maxPerSecond
    this.#burstShare = burstShare
    this.#perSecond = maxPerSecond
    this.#tokens = this.#burst
  }

  get #burst(): number {
    return Math.max(1, this.#perSecond * this.#burstShare)
  }

  /** The rate at the moment, in calls per second; Infinity when there is no limit. */
  perSecond(nowMs: number): number {
    if (this.#maxPerSecond !== Infinity) this.#refill(nowMs)
    return this.#perSecond
  }

  /** Takes one token if there is one. */
  tryTake(nowMs: number): boolean {
    if (this.#maxPerSecond === Infinity) return true
    this.#refill(nowMs)
    if (this.#tokens < 1 - ROUNDING) return false
    this.#tokens -= 1
    return true
  }

  /** When {@link tryTake} will succeed if nobody else takes the token. */
  readyAtMs(nowMs: number): number {
    if (this.#maxPerSecond === Infinity) return nowMs
    this.#refill(nowMs)
    return nowMs + (Math.max(0, 1 - this.#tokens) / this.#perSecond) * 1_000
  }

  /** The other side said that it was too much: halves the rate, once per second at most, and forgets what was saved. */
  throttled(nowMs: number): void {
    if (this.#maxPerSecond === Infinity || nowMs - this.#halvedMs < HALVE_AT_MOST_EVERY_MS) return
    this.#refill(nowMs)
    this.#halvedMs = nowMs
    this.#perSecond = Math.min(this.#maxPerSecond, Math.max(MIN_PER_SECOND, this.#perSecond / 2))
    this.#tokens = Math.min(this.#tokens, 0)
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#atMs) return
    const seconds = this.#atMs === -Infinity ? 0 : (nowMs - this.#atMs) / 1_000
    this.#atMs = nowMs
    const before = this.#perSecond
    this.#perSecond = Math.min(this.#maxPerSecond, before + seconds * RECOVERED_PER_SECOND * this.#maxPerSecond)
    this.#tokens = Math.min(this.#burst, this.#tokens + (seconds * (before + this.#perSecond)) / 2)
  }
}

/** Options of {@link RateLimits}. */
export interface RateLimitsOptions {
  /**
   * Calls per second and quota; 0 or Infinity: no limit. The default stays below the 450 per second that Alibaba Cloud
   * publishes for GetSecretValue, bursts included.
   * @default 400
   */
  readonly qps?: number
  /** Quotas to keep apart; the one that came first is forgotten when there are more. @default 10_000 */
  readonly maxBuckets?: number
}

/** One {@link AimdTokenBucket} per quota (account and region). */
export class RateLimits {
  readonly #buckets = new Map<string, { readonly quota: Quota; readonly bucket: AimdTokenBucket }>()
  readonly #maxPerSecond: number
  readonly #maxBuckets: number

  constructor({ qps = 400, maxBuckets = 10_000 }: RateLimitsOptions = {}) {
    if (!(qps >= 0)) throw new RangeError(`qps: expected a number ≥ 0, got ${qps}`)
    this.#maxPerSecond = qps === 0 ? Infinity : qps
    this.#maxBuckets = maxBuckets
  }

  /** The bucket that calls on `quota` share. */
  bucket(quota: Quota): AimdTokenBucket {
    const key = quotaKey(quota)
    const known = this.#buckets.get(key)
    if (known) return known.bucket
    const oldest = this.#buckets.keys().next()
    if (this.#buckets.size >= this.#maxBuckets && !oldest.done) this.#buckets.delete(oldest.value)
    const bucket = new AimdTokenBucket({ maxPerSecond: this.#maxPerSecond })
    this.#buckets.set(key, { quota, bucket })
    return bucket
  }

  /** The rates at the moment, for metrics. */
  rates(nowMs: number): Array<Quota & { readonly perSecond: number }> {
    return [...this.#buckets.values()].map(({ quota, bucket }) => ({ ...quota, perSecond: bucket.perSecond(nowMs) }))
  }
}

/** A quota as a map key. */
export function quotaKey({ account, region }: Quota): string {
  return JSON.stringify([account, region])
}
