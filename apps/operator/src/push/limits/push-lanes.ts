import type { SecretSyncError } from '@ack-secret-manager/core'
import { type Priority, splitKey, WorkQueue, type WorkQueueOptions } from '@ack-secret-manager/sync-engine'
import { Counts } from './counts.ts'
import { RunDeadline } from './run-deadline.ts'

/** Deadline and signal of a run, which its lane provides. */
export interface LaneRun {
  /** Aborts at the deadline of the run, and when the lanes close. */
  readonly signal: AbortSignal
  /** Runs a wait that the deadline of the run does not count, for example for the quota. */
  readonly waiting: RunDeadline['waiting']
  /** Runs work, one at a time, during which another run may use the place in the lane. */
  readonly withoutPlace: <T>(work: () => Promise<T>) => Promise<T>
}

export interface PushLanesOptions extends Pick<WorkQueueOptions, 'onError' | 'clock' | 'random'> {
  readonly process: (key: string, run: LaneRun) => Promise<void>
  /** The lane of a PushSecret: its endpoint and account; empty while its store is not ready, or does not allow it. */
  readonly laneOf: (key: string) => string
  /** A run has exceeded its deadline. The signal aborts when the lanes close. */
  readonly onTimeout: (key: string, error: SecretSyncError, signal: AbortSignal) => Promise<void>
}

/** Concurrent runs in each lane; one namespace may have half of them. */
const LANE_CONCURRENCY = 4
const MAX_IN_GROUP = LANE_CONCURRENCY / 2
/** Concurrent runs of one namespace in all lanes. */
const MAX_IN_NAMESPACE = 16
/** Concurrent runs. One namespace gets at most as many as are free. */
const CONCURRENCY = 256
/** Deadline of a run without its waits for the quota: enough for 64 KMS secrets and slow responses. */
const RUN_TIMEOUT_MS = 300_000
/** Deadline of a run with all waits. A first push of 64 secrets takes two hours at the lowest rate. */
const MAX_RUN_MS = 14_400_000

/**
 * The work queue of PushSecrets. Each endpoint and account has a lane with a few workers, so that a hanging endpoint does not block the
 * others. Without an endpoint, each namespace has a lane of its own. Lanes without work use no memory.
 */
export class PushLanes {
  readonly #queue: WorkQueue
  /** Work in progress by group, and by lane. A lane counts half of its places for one group, also if more continue after {@link LaneRun.withoutPlace}. */
  readonly #inGroup = new Counts()
  readonly #inLane = new Counts()
  readonly #inNamespace = new Counts()

  constructor({ process, laneOf, onTimeout, clock, ...options }: PushLanesOptions) {
    const groupOf = (key: string): string => {
      const [namespace] = splitKey(key)
      return `${namespace}/${laneOf(key) || namespace}`
    }
    const run = async (key: string, group: string, signal: AbortSignal): Promise<void> => {
      using deadline = new RunDeadline({ timeoutMs: RUN_TIMEOUT_MS, what: `pushing ${key}`, clock })
      try {
        await process(key, {
          signal: AbortSignal.any([signal, deadline.signal]),
          waiting: deadline.waiting,
          withoutPlace: (work) => this.#withoutPlace(key, group, work),
        })
      } catch (error) {
        if (!deadline.signal.aborted) throw error
        // The thrown error may only say that the run was aborted.
        const timeout = deadline.signal.reason as SecretSyncError
        await onTimeout(key, timeout, signal)
        throw timeout
      }
    }
    this.#queue = new WorkQueue({
      ...options,
      clock,
      process: (key, signal) => {
        const group = groupOf(key)
        return this.#counted(group, () => run(key, group, signal))
      },
      groupOf,
      mayStart: (group) => this.#mayStart(group),
      concurrency: CONCURRENCY,
      itemTimeoutMs: MAX_RUN_MS,
    })
  }

  start(): void {
    this.#queue.start()
  }

  add(key: string, priority: Priority): void {
    this.#queue.add(key, priority)
  }

  /** See `WorkQueue.addAfter`. */
  addAfter(key: string, delayMs: number, priority: Priority): void {
    this.#queue.addAfter(key, delayMs, priority)
  }

  /** Forgets queued and delayed work of `key`. Resolves when its processing has ended. */
  async drop(key: string): Promise<void> {
    await this.#queue.drop(key)
  }

  async close(graceMs: number): Promise<void> {
    await this.#queue.close(graceMs)
  }

  #mayStart(group: string): boolean {
    const [namespace, lane] = splitKey(group)
    const isFairInLane = this.#inGroup.of(group) < LANE_CONCURRENCY - this.#inLane.of(lane)
    const free = CONCURRENCY - this.#inNamespace.total
    return isFairInLane && this.#inNamespace.of(namespace) < Math.min(MAX_IN_NAMESPACE, free)
  }

  async #counted(group: string, work: () => Promise<void>): Promise<void> {
    const [namespace] = splitKey(group)
    this.#inNamespace.add(namespace, 1)
    this.#countPlace(group, 1)
    try {
      await work()
    } finally {
      this.#countPlace(group, -1)
      this.#inNamespace.add(namespace, -1)
    }
  }

  async #withoutPlace<T>(key: string, group: string, work: () => Promise<T>): Promise<T> {
    this.#countPlace(group, -1)
    try {
      return await this.#queue.withoutWorker(key, work)
    } finally {
      this.#countPlace(group, 1)
    }
  }

  #countPlace(group: string, change: 1 | -1): void {
    const [, lane] = splitKey(group)
    const before = Math.min(this.#inGroup.of(group), MAX_IN_GROUP)
    this.#inGroup.add(group, change)
    this.#inLane.add(lane, Math.min(this.#inGroup.of(group), MAX_IN_GROUP) - before)
  }
}
