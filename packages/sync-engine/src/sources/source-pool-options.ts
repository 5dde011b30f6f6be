import {
  type BackoffOptions,
  checkLimits,
  type Clock,
  type ErrorCode,
  type SecretSyncError,
} from '@ack-secret-manager/core'
import type { CircuitState } from './circuit-breaker.ts'
import type { SourceKey, SourceChange } from '../model/source-reading.ts'
import type { RateLimits } from './read-queue/rate-limit.ts'
import type { RotationOptions } from './rotation-watch.ts'
import type { SourcePolicy } from './source-policy.ts'

/** Told what happens inside a pool, for metrics. */
export interface SourceObserver {
  /** A call of a backend of `kind` has ended; one that was cut off ends with `Timeout`, one that nobody needs any more with `Cancelled`. */
  read(kind: string, result: 'changed' | 'unchanged' | ErrorCode, durationMs: number, error?: SecretSyncError): void
}

/** Options of a `SourcePool`. */
export interface SourcePoolOptions {
  readonly clock: Clock
  /** A number in [0, 1), for the jitter of pauses. */
  readonly random: () => number
  /**
   * Told of every change once, after the pool has settled its own state: it may call the pool. What it throws is an uncaught
   * exception. `recovered` after an outage that was short of stale comes without plaintext: asking for it costs a call.
   */
  readonly onChange: (subscribers: readonly string[], change: SourceChange, read: SourceKey) => void
  /** Told through which connections, given by their keys, a subscriber reads from now on: those that nobody reads through may go. Must not throw. */
  readonly onSubscribe?: (subscriber: string, connections: ReadonlySet<string>) => void
  /**
   * Called when the connection with this key has its first answer, gets no answers any more, gets them again, or loses its last
   * source. Must not throw.
   */
  readonly onReachability?: (connection: string) => void
  readonly rateLimits: RateLimits
  /** From the start of a read, not from asking for it. Longer than the 10 s of built-in backends, whose errors say more. @default 11_000 */
  readonly readTimeoutMs?: number
  /** Reads in flight over all. A quota may use as many places as stay free: alone it gets half. @default 64 */
  readonly maxConcurrentReads?: number
  /** Pauses after transient failures, full jitter. @default 2 s … 5 min */
  readonly retry?: BackoffOptions
  /** Age from which an unreachable source is stale, in intervals. @default 3 */
  readonly staleAfterIntervals?: number
  /** How long plaintext waits for subscribers that do not consume it. @default 300_000 */
  readonly plaintextRetentionMs?: number
  /** @default a look 5 s after the announced moment, then every 10 s, 12 in all */
  readonly rotation?: RotationOptions
  /** Between two reads of one source that hints caused. @default 10_000 */
  readonly hintMinIntervalMs?: number
  readonly observer?: SourceObserver
}

/** What `SourcePool.stats` tells. */
export interface SourceStats {
  readonly sources: number
  /** Sources whose last read failed. */
  readonly failing: number
  /** Sources that hold plaintext for somebody who has not consumed it yet. */
  readonly holdingPlaintext: number
  /**
   * The longest time since a value, or its absence, was confirmed, or since the first failure where none has been read, over all sources
   * that are polled.
   */
  readonly maxAgeMs: number
  /** How far the latest of them is past its interval; 0 when all are in time. */
  readonly maxOverdueMs: number
  readonly inFlight: number
  /** Reads that are due and wait for a place or a token. */
  readonly waiting: number
  /** Of these, reads that wait because their store allows so many per second. */
  readonly waitingForStore: number
  /** Connections by backend and by state of their circuit breaker. */
  readonly circuits: ReadonlyArray<{ readonly backend: string; readonly state: CircuitState; readonly count: number }>
}

/** What `SourcePool.peek` tells. */
export interface SourceState {
  readonly versionId: string | undefined
  /** Since the last success in this process. */
  readonly ageMs: number | undefined
  /** Of the last read, if that failed. */
  readonly error: SecretSyncError | undefined
}

/** The options with their defaults, checked. */
export function poolSettings(options: SourcePoolOptions): {
  readonly policy: SourcePolicy
  readonly maxConcurrentReads: number
  readonly readTimeoutMs: number
  readonly hintMinIntervalMs: number
} {
  const { maxConcurrentReads = 64 } = options
  checkLimits({ maxConcurrentReads })
  return {
    maxConcurrentReads,
    readTimeoutMs: positive('readTimeoutMs', options.readTimeoutMs ?? 11_000),
    hintMinIntervalMs: positive('hintMinIntervalMs', options.hintMinIntervalMs ?? 10_000),
    policy: {
      random: options.random,
      retry: options.retry ?? { baseMs: 2_000, maxMs: 300_000 },
      rotation: options.rotation ?? { delayMs: 5_000, retryMs: 10_000, attempts: 12 },
      staleAfterIntervals: positive('staleAfterIntervals', options.staleAfterIntervals ?? 3),
      plaintextRetentionMs: positive('plaintextRetentionMs', options.plaintextRetentionMs ?? 300_000),
    },
  }
}

function positive(name: string, value: number): number {
  if (!(value > 0)) throw new RangeError(`${name}: expected a number > 0, got ${value}`)
  return value
}
