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

/** How full a bucket is, and how fast it fills. */
interface Level {
  perSecond: number
  tokens: number
  atMs: number
  halvedMs: number
}

/**
 * Token bucket whose rate halves when the other side throttles (additive increase, multiplicative decrease).
 * In any second it lets `rate + burst` calls pass: 450 with the defaults of {@link RateLimits}. Time is handed in.
 */
export class AimdTokenBucket {
  readonly #maxPerSecond: number
  readonly #burstShare: number
  /** Shared with those that were joined. */
  #level: Level

  constructor({ maxPerSecond, burstShare = 0.125 }: AimdOptions) {
    if (!(maxPerSecond > 0)) throw new RangeError(`maxPerSecond: expected a number > 0, got ${maxPerSecond}`)
    if (!(burstShare > 0)) throw new RangeError(`burstShare: expected a number > 0, got ${burstShare}`)
    this.#maxPerSecond = maxPerSecond
    this.#burstShare = burstShare
    this.#level = { perSecond: maxPerSecond, tokens: 0, atMs: -Infinity, halvedMs: -Infinity }
    this.#level.tokens = this.#burst
  }

  get #burst(): number {
    return Math.max(1, this.#level.perSecond * this.#burstShare)
  }

  /** The rate at the moment, in calls per second; Infinity when there is no limit. */
  perSecond(nowMs: number): number {
    if (this.#maxPerSecond !== Infinity) this.#refill(nowMs)
    return this.#level.perSecond
  }

  /** It has all it can have, so that a new one would be no different. */
  isFull(nowMs: number): boolean {
    if (this.#maxPerSecond === Infinity) return true
    this.#refill(nowMs)
    return this.#level.perSecond === this.#maxPerSecond && this.#level.tokens >= this.#burst - ROUNDING
  }

  /** Takes one token if there is one. */
  tryTake(nowMs: number): boolean {
    if (this.#maxPerSecond === Infinity) return true
    this.#refill(nowMs)
    if (this.#level.tokens < 1 - ROUNDING) return false
    this.#level.tokens -= 1
    return true
  }

  /** When {@link tryTake} will succeed if nobody else takes the token. */
  readyAtMs(nowMs: number): number {
    if (this.#maxPerSecond === Infinity) return nowMs
    this.#refill(nowMs)
    return nowMs + (Math.max(0, 1 - this.#level.tokens) / this.#level.perSecond) * 1_000
  }

  /** The other side said that it was too much: halves the rate, once per second at most, and forgets what was saved. */
  throttled(nowMs: number): void {
    if (this.#maxPerSecond === Infinity || nowMs - this.#level.halvedMs < HALVE_AT_MOST_EVERY_MS) return
    this.#refill(nowMs)
    this.#level.halvedMs = nowMs
    this.#level.perSecond = Math.min(this.#maxPerSecond, Math.max(MIN_PER_SECOND, this.#level.perSecond / 2))
    this.#level.tokens = Math.min(this.#level.tokens, 0)
  }

  /** Goes on together with another one, as the stricter of both: what either gives counts for both from now on. */
  join(other: AimdTokenBucket): void {
    const [mine, theirs] = [this.#level, other.#level]
    const nowMs = Math.max(mine.atMs, theirs.atMs)
    this.#refill(nowMs)
    other.#refill(nowMs)
    theirs.perSecond = Math.min(mine.perSecond, theirs.perSecond)
    theirs.tokens = Math.min(mine.tokens, theirs.tokens)
    theirs.halvedMs = Math.max(mine.halvedMs, theirs.halvedMs)
    this.#level = theirs
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#level.atMs) return
    const seconds = this.#level.atMs === -Infinity ? 0 : (nowMs - this.#level.atMs) / 1_000
    this.#level.atMs = nowMs
    const before = this.#level.perSecond
    this.#level.perSecond = Math.min(this.#maxPerSecond, before + seconds * RECOVERED_PER_SECOND * this.#maxPerSecond)
    this.#level.tokens = Math.min(this.#burst, this.#level.tokens + (seconds * (before + this.#level.perSecond)) / 2)
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

/** The bucket of a quota, and how many use it. */
interface Entry {
  readonly quota: Quota
  readonly bucket: AimdTokenBucket
  users: number
}

/** One {@link AimdTokenBucket} per quota (account and region). */
export class RateLimits {
  readonly #buckets = new Map<string, Entry>()
  /** Accounts, by the names that calls have counted under before they were known. */
  readonly #accounts = new Map<string, string>()
  readonly #maxPerSecond: number
  readonly #maxBuckets: number

  constructor({ qps = 400, maxBuckets = 10_000 }: RateLimitsOptions = {}) {
    if (!(qps >= 0)) throw new RangeError(`qps: expected a number ≥ 0, got ${qps}`)
    this.#maxPerSecond = qps === 0 ? Infinity : qps
    this.#maxBuckets = maxBuckets
  }

  /** The bucket that calls on `quota` share. {@link release} it when it is not used any more. */
  bucket(quota: Quota): AimdTokenBucket {
    const ofAccount = this.#ofAccount(quota)
    const bucket = new AimdTokenBucket({ maxPerSecond: this.#maxPerSecond })
    const entry = this.#buckets.get(quotaKey(ofAccount)) ?? this.#set({ quota: ofAccount, bucket, users: 0 })
    entry.users += 1
    return entry.bucket
  }

  /** Ends one use of the bucket of `quota`. It is kept until it has recovered: a tenant must not get a fresh burst by starting over. */
  release(quota: Quota): void {
    const entry = this.#buckets.get(quotaKey(this.#ofAccount(quota)))
    if (entry) entry.users = Math.max(0, entry.users - 1)
  }

  /**
   * Calls under this name, of an AccessKey or a role, turn out to count for `account`. Its buckets go on under that name; where
   * there is one already, as the stricter of both.
   */
  learn(name: string, account: string): void {
    if (name === account || this.#accounts.get(name) === account) return
    remember(this.#accounts, name, account, this.#maxBuckets)
    for (const [key, { quota, bucket, users }] of this.#buckets) {
      if (quota.account !== name) continue
      this.#buckets.delete(key)
      const known = this.#buckets.get(quotaKey({ account, region: quota.region }))
      if (known) {
        // Quota queues that hold the former bucket keep it.
        bucket.join(known.bucket)
        known.users += users
      } else this.#set({ quota: { account, region: quota.region }, bucket, users })
    }
  }

  /** The current rates of the quotas in use, for metrics. */
  rates(nowMs: number): Array<Quota & { readonly perSecond: number }> {
    for (const [key, { bucket, users }] of this.#buckets) {
      if (users === 0 && bucket.isFull(nowMs)) this.#buckets.delete(key)
    }
    const used = [...this.#buckets.values()].filter(({ users }) => users > 0)
    return used.map(({ quota, bucket }) => ({ ...quota, perSecond: bucket.perSecond(nowMs) }))
  }

  #ofAccount({ account, region }: Quota): Quota {
    return { account: this.#accounts.get(account) ?? account, region }
  }

  #set(entry: Entry): Entry {
    remember(this.#buckets, quotaKey(entry.quota), entry, this.#maxBuckets)
    return entry
  }
}

/** Sets an entry; the oldest one goes where there would be too many. */
function remember<V>(map: Map<string, V>, key: string, value: V, max: number): void {
  const oldest = map.keys().next()
  if (map.size >= max && !map.has(key) && !oldest.done) map.delete(oldest.value)
  map.set(key, value)
}

/** A quota as a map key. */
export function quotaKey({ account, region }: Quota): string {
  return JSON.stringify([account, region])
}
