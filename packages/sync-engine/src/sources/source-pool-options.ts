import {
  type BackoffOptions,
  checkLimits,
  type Clock,
  type ErrorCode,
  type SecretSyncError,
} from '@ack-secret-manager/core'
import type { BatchOptions } from './source/batch-policy.ts'
import type { CircuitState } from './circuit-breaker/circuit-breaker.ts'
import type { SourceKey, SourceChange } from '../model/source-reading.ts'
import type { RateLimits } from './read-queue/rate-limit.ts'
import type { RotationOptions } from './source/rotation-watch.ts'
import type { SourcePolicy } from './source/source-policy.ts'

/** Callbacks for metrics. */
export interface SourceObserver {
  /** A call of a backend of `kind` ended: with `Timeout` at its deadline, with `Cancelled` after the last unsubscribe. */
  read(kind: string, result: 'changed' | 'unchanged' | ErrorCode, durationMs: number, error?: SecretSyncError): void
  /** A call for several secrets ended: with `error` if it failed as a whole, so that its secrets are read again. */
  batch?(kind: string, secrets: number, error: SecretSyncError | undefined): void
}

export interface SourcePoolOptions {
  readonly clock: Clock
  /** A number in [0, 1), for the jitter of pauses. */
  readonly random: () => number
  /**
   * Called once for each change, after the pool has updated its state, so it may call the pool. An error becomes an uncaught
   * exception. `recovered` after an outage that was not stale yet has no cached plaintext; reading it costs a call.
   */
  readonly onChange: (subscribers: readonly string[], change: SourceChange, read: SourceKey) => void
  /** Called with the keys of the connections of a subscriber; connections without subscribers may be closed. Must not throw. */
  readonly onSubscribe?: (subscriber: string, connections: ReadonlySet<string>) => void
  /**
   * Called when the connection with this key gets its first response, becomes unreachable or reachable again, or loses its last
   * source. Must not throw.
   */
  readonly onReachability?: (connection: string) => void
  readonly rateLimits: RateLimits
  /**
   * Whether subscribers wait for their first reading. Meanwhile a refresh waits until its value is two and a half intervals old, and
   * for two minutes at most, so that a mass first sync costs one call a source. @default never
   */
  readonly hasUnsyncedBacklog?: () => boolean
  /** Reads several sources with one call where the backend can. @default every source is read alone */
  readonly batches?: BatchOptions | undefined
  /** Deadline of a read, from its start. Longer than the 10 s of built-in backends, whose errors have more details. @default 11_000 */
  readonly readTimeoutMs?: number
  /**
   * Maximum calls in flight. A quota may use as many slots as stay free, so one alone gets half, and no more than its rate needs at the
   * observed duration of its calls. @default 128
   */
  readonly maxConcurrentReads?: number
  /** Backoff after transient failures, full jitter. @default 2 s … 5 min */
  readonly retry?: BackoffOptions
  /** Age from which an unreachable source is stale, in intervals. @default 3 */
  readonly staleAfterIntervals?: number
  /** Maximum time that plaintext is kept for subscribers. @default 300_000 */
  readonly plaintextRetentionMs?: number
  /** @default a read 5 s after the announced time, then every 10 s, 12 in total */
  readonly rotation?: RotationOptions
  /** Minimum time between two reads of one source that hints trigger. @default 10_000 */
  readonly hintMinIntervalMs?: number
  readonly observer?: SourceObserver
}

/** The longest overdue time, by who can act. */
export interface OverdueMs {
  /** Of endpoints that several namespaces use, or the only namespace. */
  readonly platform: number
  /** Of endpoints that only one of several namespaces uses: its store may name a wrong one. */
  readonly tenant: number
}

/** Statistics of `SourcePool.stats`. */
export interface SourceStats {
  readonly sources: number
  /** Sources whose last read failed. */
  readonly failing: number
  /** Sources with cached plaintext. */
  readonly holdingPlaintext: number
  /**
   * Age of the oldest confirmation of a value or of a NotFound, over all polled sources. Sources without one count from their
   * first failure.
   */
  readonly maxAgeMs: number
  /** Time by which the most overdue source exceeds its interval; 0 if none does. */
  readonly maxOverdueMs: OverdueMs
  readonly inFlight: number
  /** Due reads that wait for a slot or a token. */
  readonly waiting: number
  /** Of these, reads that wait for the limit of their store. */
  readonly waitingForStore: number
  /** Connections by backend and by state of their circuit breaker. */
  readonly circuits: ReadonlyArray<{ readonly backend: string; readonly state: CircuitState; readonly count: number }>
}

/** State of a source without plaintext. */
export interface SourceState {
  readonly versionId: string | undefined
  /** Since the last success in this process. */
  readonly ageMs: number | undefined
  /** Of the last read, if it failed. */
  readonly error: SecretSyncError | undefined
}

/** The validated options with defaults. */
export function poolSettings(options: SourcePoolOptions): {
  readonly policy: SourcePolicy
  readonly maxConcurrentReads: number
  readonly readTimeoutMs: number
  readonly hintMinIntervalMs: number
} {
  const { maxConcurrentReads = 128 } = options
  checkLimits({ maxConcurrentReads })
  return {
    maxConcurrentReads,
    readTimeoutMs: positive('readTimeoutMs', options.readTimeoutMs ?? 11_000),
    hintMinIntervalMs: positive('hintMinIntervalMs', options.hintMinIntervalMs ?? 10_000),
    policy: {
      random: options.random,
      hasBatches: options.batches !== undefined,
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
