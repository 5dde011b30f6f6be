import { type Clock, type ClockTimer, defined, type Quota, SecretSyncError } from '@ack-secret-manager/core'
import { RateLimits, type RateLimitsOptions } from '@ack-secret-manager/sync-engine'

type Bucket = ReturnType<RateLimits['bucket']>

export interface PushQuotaOptions {
  /** Limits of reads, which use the same quota of KMS. */
  readonly reads: Pick<RateLimits, 'charge'>
  /** Limit of reads per second with one quota; 0: no limit. */
  readonly readsPerSecond: number
  /** Share of the rate that this process may use, because other replicas push with the same quota. @default 1 */
  readonly shareOf?: RateLimitsOptions['shareOf']
  readonly clock: Clock
}

/** Calls of pushes per second with one quota. KMS allows 40 lists of versions and 10 creations for each account and region. */
const MAX_PER_SECOND = 20
/** Share of the rate of reads that pushes use at most. */
const MAX_SHARE = 0.25
/** Deadline of one wait, which exceeds a turn at the lowest rate. */
const MAX_WAIT_MS = 600_000

/** Calls that a namespace requests. */
interface Request {
  readonly namespace: string
  readonly calls: number
}

interface Waiter {
  /** Calls that have not been granted yet. */
  left: number
  readonly resolve: () => void
}

/** The queue of one quota. */
interface Line {
  readonly quota: Quota
  /** By namespace, in the order of their turns. */
  readonly waiting: Map<string, Waiter[]>
  timer: ClockTimer | undefined
}

/**
 * Limits the calls of pushes by quota (account and region). Namespaces take turns call by call, and reads keep at least three quarters of
 * the rate.
 */
export class PushQuota {
  readonly #options: PushQuotaOptions
  readonly #limits: RateLimits
  /** By bucket, so that all AccessKeys of one account share a line. */
  readonly #lines = new Map<Bucket, Line>()

  constructor(options: PushQuotaOptions) {
    this.#options = options
    const ofReads = options.readsPerSecond === 0 ? Infinity : options.readsPerSecond * MAX_SHARE
    this.#limits = new RateLimits({
      qps: Math.min(MAX_PER_SECOND, ofReads),
      ...defined({ shareOf: options.shareOf }),
    })
  }

  /** Resolves when the calls may be made. @throws the reason of the signal, or SecretSyncError `Throttled` after ten minutes */
  async take(quota: Quota, request: Request, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter: Waiter = { left: request.calls, resolve }
    const giveUp = (reason: Error): void => {
      leave(this.#lineOf(quota), request.namespace, waiter)
      reject(reason)
    }
    const abort = (): void => giveUp(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    const deadline = this.#options.clock.setTimeout(() => giveUp(waitedTooLong(quota)), MAX_WAIT_MS)
    this.#enter(quota, request.namespace, waiter)
    try {
      await promise
    } finally {
      deadline.cancel()
      signal.removeEventListener('abort', abort)
    }
  }

  /** A call was retried. The retry counts as the next turn of the namespace. */
  repeated(quota: Quota, namespace: string): void {
    this.#enter(quota, namespace, { left: 1, resolve: () => undefined })
  }

  /** KMS throttles calls with this quota. */
  throttled(quota: Quota): void {
    this.#bucketOf(quota).throttled(this.#options.clock.monotonic())
  }

  /** Calls of this AccessKey or role count towards the quota of `account`. */
  learn(name: string, account: string): void {
    this.#limits.learn(name, account)
    for (const [bucket, line] of this.#lines) {
      const current = this.#bucketOf(line.quota)
      if (current === bucket) continue
      this.#lines.delete(bucket)
      line.timer?.cancel()
      for (const [namespace, waiters] of line.waiting) this.#enter(line.quota, namespace, ...waiters)
    }
  }

  /** Applies changed shares. */
  sharesChanged(): void {
    this.#limits.sharesChanged(this.#options.clock.monotonic())
    for (const [bucket, line] of this.#lines) this.#serve(bucket, line)
  }

  #bucketOf(quota: Quota): Bucket {
    const bucket = this.#limits.bucket(quota)
    this.#limits.release(quota)
    return bucket
  }

  #lineOf(quota: Quota): Line | undefined {
    return this.#lines.get(this.#bucketOf(quota))
  }

  #enter(quota: Quota, namespace: string, ...waiters: readonly Waiter[]): void {
    const bucket = this.#bucketOf(quota)
    const line = this.#lines.get(bucket) ?? { quota, waiting: new Map<string, Waiter[]>(), timer: undefined }
    this.#lines.set(bucket, line)
    line.waiting.set(namespace, [...(line.waiting.get(namespace) ?? []), ...waiters])
    this.#serve(bucket, line)
  }

  #serve(bucket: Bucket, line: Line): void {
    const { clock, reads } = this.#options
    line.timer?.cancel()
    line.timer = undefined
    const nowMs = clock.monotonic()
    while (line.waiting.size > 0 && bucket.tryTake(nowMs)) {
      reads.charge(line.quota, nowMs, 1)
      serveNext(line)
    }
    if (line.waiting.size === 0) this.#lines.delete(bucket)
    else line.timer = clock.setTimeout(() => this.#serve(bucket, line), Math.ceil(bucket.readyAtMs(nowMs) - nowMs))
  }
}

/** Gives one call to the namespace whose turn it is. */
function serveNext({ waiting }: Line): void {
  const [[namespace, [first, ...others]] = ['', []]] = waiting
  waiting.delete(namespace)
  if (first === undefined) return
  first.left -= 1
  const rest = first.left > 0 ? [first, ...others] : others
  if (rest.length > 0) waiting.set(namespace, rest)
  if (first.left <= 0) first.resolve()
}

function leave(line: Line | undefined, namespace: string, waiter: Waiter): void {
  const rest = (line?.waiting.get(namespace) ?? []).filter((each) => each !== waiter)
  if (rest.length > 0) line?.waiting.set(namespace, rest)
  else line?.waiting.delete(namespace)
}

function waitedTooLong({ region }: Quota): SecretSyncError {
  const what = `no KMS call in ${region} was available for ${MAX_WAIT_MS / 60_000} minutes`
  const why = `pushes to one account make at most ${MAX_PER_SECOND} calls a second, and a quarter of --kms-qps`
  return new SecretSyncError('Throttled', `${what}: ${why}; trying again later`)
}
