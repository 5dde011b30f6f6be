import { type Quota, remember, type SecretSyncError } from '@ack-secret-manager/core'

/** Bounds of an {@link AimdTokenBucket}. */
export interface AimdOptions {
  /** Highest rate. */
  readonly maxPerSecond: number
  /** Burst as a share of the current rate; at least one token. @default 0.125 */
  readonly burstShare?: number
}

/** The rate never falls below this. */
const MIN_PER_SECOND = 1
/** `Throttled` responses within this time halve the rate once. */
const HALVE_AT_MOST_EVERY_MS = 1_000
/** Share of the maximum rate that is regained per second: from 1/s to the full rate in 20 s. */
const RECOVERED_PER_SECOND = 0.05
/** Tolerance for rounding errors. */
const ROUNDING = 1e-9

/** Fill level and rates of a bucket. */
interface Level {
  maxPerSecond: number
  perSecond: number
  tokens: number
  atMs: number
  halvedMs: number
}

/**
 * Token bucket whose rate halves when the server throttles (additive increase, multiplicative decrease).
 * It allows `rate + burst` calls in any second: 450 with the defaults of {@link RateLimits}. Time is passed in.
 */
export class AimdTokenBucket {
  readonly #burstShare: number
  /** Shared with joined buckets. */
  #level: Level

  constructor({ maxPerSecond, burstShare = 0.125 }: AimdOptions) {
    if (!(maxPerSecond > 0)) throw new RangeError(`maxPerSecond: expected a number > 0, got ${maxPerSecond}`)
    if (!(burstShare > 0)) throw new RangeError(`burstShare: expected a number > 0, got ${burstShare}`)
    this.#burstShare = burstShare
    this.#level = { maxPerSecond, perSecond: maxPerSecond, tokens: 0, atMs: -Infinity, halvedMs: -Infinity }
    this.#level.tokens = this.#burst
  }

  get #burst(): number {
    return Math.max(1, this.#level.perSecond * this.#burstShare)
  }

  /** Changes the highest rate. An unthrottled bucket has the new rate at once. */
  limit(maxPerSecond: number, nowMs: number): void {
    if (maxPerSecond === this.#level.maxPerSecond) return
    this.#refill(nowMs)
    this.#level.perSecond = isThrottled(this.#level) ? Math.min(this.#level.perSecond, maxPerSecond) : maxPerSecond
    this.#level.maxPerSecond = maxPerSecond
    this.#level.tokens = Math.min(this.#level.tokens, this.#burst)
  }

  /** The current rate in calls per second; Infinity without a limit. */
  perSecond(nowMs: number): number {
    if (this.#level.maxPerSecond !== Infinity) this.#refill(nowMs)
    return this.#level.perSecond
  }

  /** Whether the bucket is equal to a new one. */
  isFull(nowMs: number): boolean {
    if (this.#level.maxPerSecond === Infinity) return true
    this.#refill(nowMs)
    return this.#level.perSecond === this.#level.maxPerSecond && this.#level.tokens >= this.#burst - ROUNDING
  }

  /** Takes `count` tokens if they are available. */
  tryTake(nowMs: number, count = 1): boolean {
    if (this.#level.maxPerSecond === Infinity) return true
    this.#refill(nowMs)
    if (this.#level.tokens < count - ROUNDING) return false
    this.#level.tokens -= count
    return true
  }

  /** When {@link tryTake} will succeed, without other calls. */
  readyAtMs(nowMs: number): number {
    if (this.#level.maxPerSecond === Infinity) return nowMs
    this.#refill(nowMs)
    return nowMs + (Math.max(0, 1 - this.#level.tokens) / this.#level.perSecond) * 1_000
  }

  /** Halves the rate after a `Throttled` response, at most once per second, and drops saved tokens. */
  throttled(nowMs: number): void {
    if (this.#level.maxPerSecond === Infinity || nowMs - this.#level.halvedMs < HALVE_AT_MOST_EVERY_MS) return
    this.#refill(nowMs)
    this.#level.halvedMs = nowMs
    this.#level.perSecond = Math.min(this.#level.maxPerSecond, Math.max(MIN_PER_SECOND, this.#level.perSecond / 2))
    this.#level.tokens = Math.min(this.#level.tokens, 0)
  }

  /** Takes tokens for calls that do not wait. The balance may become negative, so that later calls wait longer. */
  charge(nowMs: number, count: number): void {
    if (this.#level.maxPerSecond === Infinity) return
    this.#refill(nowMs)
    this.#level.tokens -= count
  }

  /** Merges with another bucket. Both then share their tokens, the larger maximum, and the lower of the rates that are throttled. */
  join(other: AimdTokenBucket): void {
    const [mine, theirs] = [this.#level, other.#level]
    const nowMs = Math.max(mine.atMs, theirs.atMs)
    this.#refill(nowMs)
    other.#refill(nowMs)
    const throttled = [mine, theirs].filter(isThrottled).map(({ perSecond }) => perSecond)
    theirs.maxPerSecond = Math.max(mine.maxPerSecond, theirs.maxPerSecond)
    theirs.perSecond = Math.min(theirs.maxPerSecond, ...throttled)
    theirs.tokens = Math.min(mine.tokens, theirs.tokens)
    theirs.halvedMs = Math.max(mine.halvedMs, theirs.halvedMs)
    this.#level = theirs
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#level.atMs) return
    const seconds = this.#level.atMs === -Infinity ? 0 : (nowMs - this.#level.atMs) / 1_000
    this.#level.atMs = nowMs
    const before = this.#level.perSecond
    this.#level.perSecond = Math.min(
      this.#level.maxPerSecond,
      before + seconds * RECOVERED_PER_SECOND * this.#level.maxPerSecond,
    )
    this.#level.tokens = Math.min(this.#burst, this.#level.tokens + (seconds * (before + this.#level.perSecond)) / 2)
  }
}

function isThrottled({ perSecond, maxPerSecond }: Level): boolean {
  return perSecond < maxPerSecond
}

export interface RateLimitsOptions {
  /**
   * Calls per second and quota; 0 or Infinity: no limit. The default stays below the 450 per second that Alibaba Cloud
   * publishes for GetSecretValue, bursts included.
   * @default 400
   */
  readonly qps?: number
  /** Maximum number of quotas; the oldest one is dropped beyond that. @default 10_000 */
  readonly maxBuckets?: number
  /** Share of the rate that this process may use, because other processes use the same quota; 0 to 1. @default 1 */
  readonly shareOf?: (quota: Quota) => number
}

/** The bucket of a quota and its number of users. */
interface Entry {
  readonly quota: Quota
  readonly bucket: AimdTokenBucket
  /** Accounts under which its calls were counted, for {@link RateLimitsOptions.shareOf}. */
  readonly names: Set<string>
  users: number
}

/** One {@link AimdTokenBucket} per quota. */
export class RateLimits {
  readonly #buckets = new Map<string, Entry>()
  /** Accounts by the names that their calls counted under before the account was known. */
  readonly #accounts = new Map<string, string>()
  readonly #maxPerSecond: number
  readonly #maxBuckets: number
  readonly #shareOf: (quota: Quota) => number

  constructor({ qps = 400, maxBuckets = 10_000, shareOf = () => 1 }: RateLimitsOptions = {}) {
    if (!(qps >= 0)) throw new RangeError(`qps: expected a number ≥ 0, got ${qps}`)
    this.#maxPerSecond = qps === 0 ? Infinity : qps
    this.#maxBuckets = maxBuckets
    this.#shareOf = shareOf
  }

  /** The shared bucket of `quota`. Call {@link release} when it is no longer used. */
  bucket(quota: Quota): AimdTokenBucket {
    const ofAccount = this.quotaOf(quota)
    const bucket = new AimdTokenBucket({ maxPerSecond: this.#maxPerSecond * this.#shareOf(quota) })
    const entry =
      this.#buckets.get(quotaKey(ofAccount)) ??
      this.#set({ quota: ofAccount, bucket, names: new Set([quota.account]), users: 0 })
    if (!entry.names.has(quota.account)) {
      entry.names.add(quota.account)
      this.#applyShares(entry)
    }
    entry.users += 1
    return entry.bucket
  }

  /** The quota of the account that its calls count for, if {@link learn} has named it. */
  quotaOf(quota: Quota): Quota {
    return { ...quota, account: this.#accounts.get(quota.account) ?? quota.account }
  }

  /** Ends one use of the bucket of `quota`. It is kept until it is full, so that a tenant gets no new burst by recreating resources. */
  release(quota: Quota): void {
    const entry = this.#buckets.get(quotaKey(this.quotaOf(quota)))
    if (entry) entry.users = Math.max(0, entry.users - 1)
  }

  /** Charges a quota that reads use for other calls, see {@link AimdTokenBucket.charge}. */
  charge(quota: Quota, nowMs: number, count: number): void {
    this.#buckets.get(quotaKey(this.quotaOf(quota)))?.bucket.charge(nowMs, count)
  }

  /** Applies changed shares. A quota gets the largest share of its accounts. */
  sharesChanged(nowMs: number): void {
    for (const entry of this.#buckets.values()) this.#applyShares(entry, nowMs)
  }

  /**
   * Calls of this AccessKey or role count for `account`. Its buckets move to that account; if it already has one, both merge under
   * the stricter limits.
   */
  learn(name: string, account: string): void {
    if (name === account || this.#accounts.get(name) === account) return
    remember(this.#accounts, name, account, this.#maxBuckets)
    for (const [key, { quota, bucket, names, users }] of this.#buckets) {
      if (quota.account !== name) continue
      this.#buckets.delete(key)
      const ofAccount = { ...quota, account }
      const known = this.#buckets.get(quotaKey(ofAccount))
      if (known) {
        // Quota queues that hold the former bucket keep it.
        bucket.join(known.bucket)
        known.users += users
        for (const each of names) known.names.add(each)
      } else this.#set({ quota: ofAccount, bucket, names, users })
    }
  }

  /** The current rates of used quotas, for metrics. */
  rates(nowMs: number): Array<Quota & { readonly perSecond: number }> {
    for (const [key, { bucket, users }] of this.#buckets) {
      if (users === 0 && bucket.isFull(nowMs)) this.#buckets.delete(key)
    }
    const used = [...this.#buckets.values()].filter(({ users }) => users > 0)
    return used.map(({ quota, bucket }) => ({ ...quota, perSecond: bucket.perSecond(nowMs) }))
  }

  /** @param nowMs default: the time of the last call */
  #applyShares({ quota, bucket, names }: Entry, nowMs: number = -Infinity): void {
    if (this.#maxPerSecond === Infinity) return
    const shares = [...names].map((account) => this.#shareOf({ ...quota, account }))
    bucket.limit(this.#maxPerSecond * Math.max(...shares), nowMs)
  }

  #set(entry: Entry): Entry {
    remember(this.#buckets, quotaKey(entry.quota), entry, this.#maxBuckets)
    return entry
  }
}

/** Whether the quota of a call is used up. An issuer of credentials that throttles has another quota, which may be that of a tenant. */
export function isQuotaExceeded(error: SecretSyncError | undefined): boolean {
  return error?.code === 'Throttled' && error.facts.issuer === undefined
}

export function quotaKey({ account, region, endpoint }: Quota): string {
  return JSON.stringify([account, region, endpoint])
}
