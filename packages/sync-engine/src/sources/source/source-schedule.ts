import { backoffWithin, fullJitter, limitedRetryAfterMs, type SecretSyncError } from '@ack-secret-manager/core'
import { cohortHash, nextDueMs, stableHash } from '../timers/schedule.ts'
import type { SourcePolicy } from './source-policy.ts'

/** Longest delay of a refresh while other resources wait for their first sync. */
const MAX_WAIT_MS = 120_000
/** How often a waiting refresh is tried again. */
const WAIT_STEP_MS = 30_000

/**
 * How old a value may become while its refresh waits for the first syncs of other resources: two and a half intervals, but at most an interval
 * plus two minutes, so that it does not become stale.
 */
export function oldestMs(intervalMs: number): number {
  return intervalMs + Math.min(1.5 * intervalMs, MAX_WAIT_MS)
}

/**
 * When one source is read: on its grid, after its backoff, on request, or not at all while it is held until its connection is back.
 * All times are monotonic; Infinity means not due.
 */
export class SourceSchedule {
  readonly #policy: Pick<SourcePolicy, 'retry' | 'random'>
  readonly #hash: number
  #refreshMs = Infinity
  #retryMs = Infinity
  #requestMs = Infinity
  #lastRequestMs = -Infinity
  #isHeld = false
  /** Failures in a row of due reads, the time of the first one, and the end of the current backoff. */
  #failures = 0
  #failingSinceMs = 0
  #pausedUntilMs = -Infinity

  /** @param cohort sources of one cohort share a few moments of the grid @default its moment follows from its key alone */
  constructor(key: string, policy: Pick<SourcePolicy, 'retry' | 'random'>, cohort?: string) {
    this.#policy = policy
    this.#hash = cohort === undefined ? stableHash(key) : cohortHash(key, cohort)
  }

  /** Whether a backoff of the source or of its connection is running. */
  get isBackingOff(): boolean {
    return this.#retryMs !== Infinity || this.#isHeld
  }

  /** When {@link takeDue} must be called next. */
  dueMs({ isReading }: { readonly isReading: boolean }): number {
    // A refresh request waits for the end of a read, whose value may be older than the request.
    return Math.min(this.#refreshMs, this.#retryMs, isReading ? Infinity : this.#requestMs)
  }

  /**
   * Marks everything due as done.
   * @param options.mayWaitMs how long a due refresh may wait
   * @returns whether a read is due
   */
  takeDue(
    nowMs: number,
    {
      isReading,
      intervalMs,
      mayWaitMs,
    }: { readonly isReading: boolean; readonly intervalMs: number; readonly mayWaitMs: number },
  ): boolean {
    let isDue = this.#retryMs <= nowMs
    if (this.#requestMs <= nowMs && !isReading) {
      this.#requestMs = Infinity
      this.#lastRequestMs = nowMs
      isDue = true
    }
    if (this.#refreshMs <= nowMs) {
      // The next refresh follows on the grid.
      this.onGrid(nowMs, intervalMs)
      if (mayWaitMs > 0) this.#refreshMs = Math.min(this.#refreshMs, nowMs + Math.min(mayWaitMs, WAIT_STEP_MS))
      else isDue = true
    }
    return isDue
  }

  /** Whether a requested read is not due yet, or waits for the end of another one. */
  get isRequested(): boolean {
    return this.#requestMs !== Infinity
  }

  /** Requests a read at `fromMs`, at most once per `minIntervalMs`. */
  request(minIntervalMs: number, fromMs: number): void {
    this.#requestMs = Math.min(this.#requestMs, Math.max(fromMs, this.#lastRequestMs + minIntervalMs))
  }

  /** A read is queued, which replaces a pending retry. */
  queued(): void {
    this.#retryMs = Infinity
    this.#isHeld = false
  }

  /** A read began, which satisfies earlier requests. */
  began(): void {
    this.#requestMs = Infinity
  }

  /** Schedules the next refresh on the grid. */
  onGrid(nowMs: number, intervalMs: number): void {
    this.#refreshMs = nextDueMs(nowMs, intervalMs, this.#hash)
  }

  /** The secret manager responded, which ends the backoff, even if a second read must confirm the value. */
  onResponse(nowMs: number, intervalMs: number): void {
    this.#pausedUntilMs = -Infinity
    this.queued()
    this.#failures = 0
    if (this.#refreshMs === Infinity) this.onGrid(nowMs, intervalMs)
  }

  /** A transient failure: waits for a backoff instead of the grid. */
  backOff({ facts }: SecretSyncError, nowMs: number): void {
    this.#isHeld = false
    // A failed forced read during the backoff does not extend it.
    if (nowMs >= this.#pausedUntilMs) {
      if (this.#failures === 0) this.#failingSinceMs = nowMs
      const bounds = backoffWithin(nowMs - this.#failingSinceMs, this.#policy.retry)
      this.#pausedUntilMs = nowMs + fullJitter(this.#failures, bounds, this.#policy.random)
      this.#failures += 1
    }
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + limitedRetryAfterMs(facts.retryAfterMs))
    this.#retryMs = this.#pausedUntilMs
    this.#refreshMs = Infinity
  }

  /** Waits for the connection instead of a backoff. */
  hold(): void {
    this.#isHeld = true
    this.#failures = 0
    this.#pausedUntilMs = -Infinity
    this.#retryMs = Infinity
    this.#refreshMs = Infinity
  }
}
