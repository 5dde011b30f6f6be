import type { BackendConnection, Clock, ClockTimer } from '@ack-secret-manager/core'
import { RateLimits } from '@ack-secret-manager/sync-engine'

type Quota = BackendConnection['quota']

export interface PushQuotaOptions {
  /** Limits of reads. Calls of pushes count for the same quota of KMS. */
  readonly reads: Pick<RateLimits, 'charge'>
  /** Calls per second that reads may make with one quota; 0: no limit. */
  readonly readsPerSecond: number
  readonly clock: Clock
}

/** Calls of pushes per second with one quota. KMS allows 40 lists of versions and 10 creations for each account and region. */
const MAX_PER_SECOND = 20
/** Share of the rate of reads that pushes use at most. */
const MAX_SHARE = 0.25

interface Waiter {
  /** Calls that it still waits for. */
  left: number
  readonly resolve: () => void
}

/** Pushes that wait for calls with one quota. */
interface Line {
  /** By namespace; the one that was served last comes last. */
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
  readonly #lines = new Map<string, Line>()

  constructor(options: PushQuotaOptions) {
    this.#options = options
    const ofReads = options.readsPerSecond === 0 ? Infinity : options.readsPerSecond * MAX_SHARE
    this.#limits = new RateLimits({ qps: Math.min(MAX_PER_SECOND, ofReads) })
  }

  /** Resolves when `calls` may be made. @throws the reason of the signal */
  async take(
    quota: Quota,
    { namespace, calls }: { namespace: string; calls: number },
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted()
    const key = JSON.stringify([quota.account, quota.region])
    const line = this.#lines.get(key) ?? { waiting: new Map<string, Waiter[]>(), timer: undefined }
    this.#lines.set(key, line)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter: Waiter = { left: calls, resolve }
    const abort = (): void => {
      leave(line, namespace, waiter)
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', abort, { once: true })
    line.waiting.set(namespace, [...(line.waiting.get(namespace) ?? []), waiter])
    this.#serve(key, quota, line)
    try {
      await promise
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** KMS throttles calls with this quota. */
  throttled(quota: Quota): void {
    const bucket = this.#limits.bucket(quota)
    bucket.throttled(this.#options.clock.monotonic())
    this.#limits.release(quota)
  }

  /** Calls of this AccessKey or role count for `account`. */
  learn(name: string, account: string): void {
    this.#limits.learn(name, account)
  }

  #serve(key: string, quota: Quota, line: Line): void {
    const { clock, reads } = this.#options
    line.timer?.cancel()
    line.timer = undefined
    const bucket = this.#limits.bucket(quota)
    const nowMs = clock.monotonic()
    while (line.waiting.size > 0 && bucket.tryTake(nowMs)) {
      reads.charge(quota, nowMs, 1)
      serveNext(line)
    }
    if (line.waiting.size === 0) this.#lines.delete(key)
    else line.timer = clock.setTimeout(() => this.#serve(key, quota, line), Math.ceil(bucket.readyAtMs(nowMs) - nowMs))
    this.#limits.release(quota)
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

function leave({ waiting }: Line, namespace: string, waiter: Waiter): void {
  const rest = (waiting.get(namespace) ?? []).filter((each) => each !== waiter)
  if (rest.length > 0) waiting.set(namespace, rest)
  else waiting.delete(namespace)
}
