import {
  type Clock,
  type ClockTimer,
  isSecretSyncError,
  type ObservedSecret,
  retryOf,
  type SecretWriter,
  type TargetRef,
} from '@ack-secret-manager/core'
import { DriftBackoff } from '../drift-backoff.ts'
import { resourceKey } from '../../model/resource.ts'
import { FairQueue } from '../../queue/fair-queue.ts'

export interface TargetObserverOptions {
  readonly writer: Pick<SecretWriter, 'observe'>
  readonly clock: Clock
  /** Result of an observation; `denied` if a retry cannot help. */
  readonly onObserved: (target: TargetRef, observed: ObservedSecret | undefined | 'denied') => void
}

/** Maximum number of concurrent observations, so that many targets do not overload the API server. */
const MAX_OBSERVATIONS = 4
/** Minimum pause between two observations of one target, regardless of its changes. */
export const MIN_PAUSE_MS = 1_000
/** Maximum pause after failed observations, so that a target is observed soon after an outage. */
const MAX_RETRY_MS = 32_000

interface Observed {
  readonly target: TargetRef
  /** Monotonic milliseconds. */
  observedMs: number
  dueMs: number
  timer: ClockTimer | undefined
  /** It waits for its observation, or the observation is running. */
  isUnderWay: boolean
  /** A change was reported and has not been observed yet. */
  isChanged: boolean
  /** Observations that failed in a row. */
  failures: number
}

/**
 * Observes targets after each change, and otherwise with backoff. One observation serves all resources that wait for the target. Namespaces
 * take turns.
 */
export class TargetObserver {
  readonly #options: TargetObserverOptions
  readonly #targets = new Map<string, Observed>()
  /** Keys of targets that are due. */
  readonly #waiting = new FairQueue((key) => this.#targets.get(key)?.target.namespace ?? '')
  #running = 0
  /** Backoff of observations that no change has triggered. */
  readonly #polls: DriftBackoff
  readonly #closing = new AbortController()

  constructor(options: TargetObserverOptions) {
    this.#options = options
    this.#polls = new DriftBackoff(options.clock)
  }

  /** Observes a target from now on; `isNew` resets the backoff. */
  want(target: TargetRef, isNew: boolean): void {
    const key = resourceKey(target)
    const initial = { observedMs: -Infinity, dueMs: Infinity, timer: undefined, failures: 0 }
    const entry = this.#targets.get(key) ?? { target, ...initial, isUnderWay: false, isChanged: false }
    this.#targets.set(key, entry)
    if (isNew) this.#polls.forget(key)
    this.#schedule(entry, this.#polls.retryInMs(key))
  }

  forget(target: TargetRef): void {
    const key = resourceKey(target)
    this.#targets.get(key)?.timer?.cancel()
    this.#waiting.remove(key, 0)
    this.#targets.delete(key)
    this.#polls.forget(key)
  }

  /** The target may have changed. Observations are retried until one succeeds. */
  changed(target: TargetRef, delayMs: number = 0): void {
    const entry = this.#targets.get(resourceKey(target))
    if (!entry) return
    entry.isChanged = true
    // While the API server does not respond, the backoff for failures applies.
    if (entry.failures === 0) this.#schedule(entry, delayMs)
  }

  close(): void {
    this.#closing.abort()
    this.#waiting.clear()
    for (const { timer } of this.#targets.values()) timer?.cancel()
  }

  #schedule(entry: Observed, delayMs: number): void {
    const { clock } = this.#options
    if (this.#closing.signal.aborted || entry.isUnderWay) return
    const nowMs = clock.monotonic()
    const dueMs = Math.max(nowMs + delayMs, entry.observedMs + MIN_PAUSE_MS)
    if (entry.dueMs <= dueMs) return
    entry.timer?.cancel()
    entry.dueMs = dueMs
    entry.timer = clock.setTimeout(() => this.#queue(entry), dueMs - nowMs)
  }

  #queue(entry: Observed): void {
    entry.dueMs = Infinity
    entry.isUnderWay = true
    this.#waiting.add(resourceKey(entry.target), 0)
    this.#startNext()
  }

  #startNext(): void {
    while (this.#running < MAX_OBSERVATIONS) {
      const key = this.#waiting.take()
      if (key === undefined) return
      const entry = this.#targets.get(key)
      if (entry) void this.#observe(entry)
    }
  }

  async #observe(entry: Observed): Promise<void> {
    const { target } = entry
    this.#running += 1
    const observed = await this.#tryObserve(entry)
    this.#running -= 1
    this.#startNext()
    entry.isUnderWay = false
    const key = resourceKey(target)
    if (this.#targets.get(key) !== entry || this.#closing.signal.aborted) return
    if (observed !== 'no-response') this.#options.onObserved(target, observed)
    // The last resource that waited for the target may have been removed.
    if (this.#targets.get(key) !== entry) return
    if (entry.failures > 0) this.#schedule(entry, Math.min(MAX_RETRY_MS, MIN_PAUSE_MS * 2 ** (entry.failures - 1)))
    else this.#schedule(entry, entry.isChanged ? 0 : this.#polls.retryInMs(key))
  }

  async #tryObserve(entry: Observed): Promise<ObservedSecret | undefined | 'denied' | 'no-response'> {
    const { writer, clock } = this.#options
    const { isChanged } = entry
    entry.observedMs = clock.monotonic()
    entry.isChanged = false
    try {
      const observed = await writer.observe(entry.target, { signal: this.#closing.signal, fresh: true })
      entry.failures = 0
      return observed
    } catch (error) {
      if (isSecretSyncError(error) && retryOf(error.code) === 'transient') {
        entry.isChanged ||= isChanged
        entry.failures += 1
        return 'no-response'
      }
      entry.failures = 0
      return 'denied'
    }
  }
}
