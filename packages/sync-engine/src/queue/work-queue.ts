import {
  type BackoffOptions,
  backoffWithin,
  checkLimits,
  type Clock,
  fullJitter,
  type SecretSyncError,
  toSecretSyncError,
  withDeadline,
  withDefaults,
} from '@ack-secret-manager/core'
import { WorkerShares } from './worker-shares.ts'
import { isReport, PRIORITY, type Priority } from './priority.ts'
import { newWorkItem, type WorkItem } from './work-item.ts'
import { WorkLanes } from './work-lanes.ts'

/** Default number of keys processed at once. */
export const DEFAULT_CONCURRENCY = 16

/** Waiting reports from which {@link WorkQueue.hasManyReports} is true. */
const MANY_REPORTS = 100

export interface WorkQueueOptions {
  /**
   * Processes one key. After an error the key is requeued with backoff, or after `retryAfterMs` if that is longer.
   * `signal` aborts at the deadline of the work, and `stopping` only when the queue stops.
   */
  readonly process: (key: string, signal: AbortSignal, stopping: AbortSignal, priority: Priority) => Promise<void>
  /** Called for every error of `process`. */
  readonly onError: (key: string, error: SecretSyncError, retryInMs: number) => void
  readonly clock: Clock
  readonly random: () => number
  /**
   * Groups of keys take turns; {@link PRIORITY} applies within each. They share the workers as {@link WorkerShares}, so that one hanging group
   * never gets more than half. Half of the workers may send reports, shared likewise. With one or two workers a further one sends them. Reports
   * that hang therefore delay no work of other keys.
   * @default one group with all workers
   */
  readonly groupOf?: (key: string) => string
  /** A further limit, checked before each start. Its result may change only when work starts or ends, or right before {@link WorkQueue.withoutWorker}. @default none */
  readonly mayStart?: (group: string) => boolean
  /** Keys processed at once. @default 16 */
  readonly concurrency?: number
  /** @default 60_000 */
  readonly itemTimeoutMs?: number
  /** @default 1 s … 5 min */
  readonly backoff?: BackoffOptions
  /** Called with the time that a key waited for a worker. Not for reports. */
  readonly onStart?: (waitedMs: number) => void
}

/**
 * A work queue of distinct keys, like that of client-go. A key is processed by one worker at a time. Adding a queued key has no
 * effect; adding a key during processing requeues it afterwards. Work past its deadline loses its worker but blocks its key
 * until it ends.
 */
export class WorkQueue {
  readonly #options: Required<Omit<WorkQueueOptions, 'groupOf' | 'mayStart' | 'onStart'>> & WorkQueueOptions
  readonly #items = new Map<string, WorkItem>()
  readonly #workers: WorkerShares
  /** Workers that send reports. */
  readonly #reporters: WorkerShares
  /** Whether reports have a further worker, because there are too few for both. */
  readonly #hasReporter: boolean
  readonly #queue: WorkLanes
  readonly #stop = new AbortController()
  readonly #idle: Array<() => void> = []
  /** Keys whose processing has not ended. */
  #unended = 0
  #running = false
  #closing = false
  #wasIdle = false

  constructor(options: WorkQueueOptions) {
    this.#options = withDefaults(options, {
      concurrency: DEFAULT_CONCURRENCY,
      itemTimeoutMs: 60_000,
      backoff: { baseMs: 1_000, maxMs: 300_000 },
    })
    const { concurrency } = this.#options
    checkLimits({ concurrency })
    this.#workers = new WorkerShares(concurrency)
    this.#reporters = new WorkerShares(Math.max(1, Math.floor(concurrency / 2)))
    this.#hasReporter = concurrency < 3
    this.#queue = new WorkLanes((key) => this.#items.get(key)?.group ?? '')
  }

  /** Number of queued keys, without reports, and of busy workers. */
  stats(): { waiting: number; active: number } {
    return { waiting: this.#queue.work, active: this.#workers.held }
  }

  /** Whether keys wait whose Secret may be missing or outdated. */
  get hasPressingWork(): boolean {
    return this.#queue.hasPressingWork
  }

  /** Whether more keys wait for their first processing than there are workers. */
  get hasUnsyncedBacklog(): boolean {
    return this.#queue.unsynced > this.#options.concurrency
  }

  /** Whether so many reports wait that each must be cheap. */
  get hasManyReports(): boolean {
    return this.#queue.reports >= MANY_REPORTS
  }

  /** Whether the queue has been idle at least once since its start. */
  get wasIdle(): boolean {
    return this.#wasIdle
  }

  /** Starts processing. Keys may be added before. */
  start(): void {
    this.#running = true
    this.#wasIdle = this.#isIdle()
    this.#dispatch()
  }

  add(key: string, priority: Priority): void {
    if (this.#closing) return
    const item = this.#itemOf(key)
    // Work includes the report; a report does not include the work of a timer.
    if (!isReport(priority)) {
      item.timer?.cancel()
      item.timer = undefined
    }
    if (item.processing) {
      item.dirty = Math.min(item.dirty ?? priority, priority) as Priority
      return
    }
    const group = this.#groupOf(key)
    const { waiting } = item
    if (waiting !== undefined) {
      if (waiting <= priority && item.group === group) return
      this.#queue.remove(key, waiting)
    } else {
      item.addedMs = this.#options.clock.monotonic()
    }
    item.group = group
    item.waiting = Math.min(waiting ?? priority, priority) as Priority
    this.#queue.add(key, item.waiting, item.addedMs)
    // A new key can only start work of its own group.
    if (this.#mayHaveWorker(group)) this.#dispatch()
  }

  /** Queues `key` after `delayMs`, or earlier if another call requests that; with the most urgent priority of these calls. */
  addAfter(key: string, delayMs: number, priority: Priority): void {
    if (this.#closing) return
    const item = this.#itemOf(key)
    const { waiting } = item
    if (waiting !== undefined && item.group !== this.#groupOf(key)) this.add(key, waiting)
    // Due work must not wait at the lower priority of earlier work.
    if (waiting !== undefined && delayMs <= 0 && priority < waiting) {
      this.add(key, priority)
      return
    }
    if (waiting !== undefined && (!isReport(waiting) || isReport(priority))) return
    const nowMs = this.#options.clock.monotonic()
    const before = item.timer
    const dueMs = Math.min(nowMs + delayMs, before ? item.timerDueMs : Infinity)
    const most = Math.min(priority, before ? item.timerPriority : priority) as Priority
    if (before && dueMs === item.timerDueMs && most === item.timerPriority) return
    before?.cancel()
    item.timerDueMs = dueMs
    item.timerPriority = most
    item.timer = this.#options.clock.setTimeout(() => {
      item.timer = undefined
      this.add(key, item.timerPriority)
    }, dueMs - nowMs)
  }

  /** Forgets queued and delayed work of `key`. @returns when its processing has ended; undefined if it is not processed */
  drop(key: string): Promise<void> | undefined {
    const item = this.#items.get(key)
    if (item === undefined) return undefined
    item.timer?.cancel()
    item.timer = undefined
    item.dirty = undefined
    if (item.waiting !== undefined) this.#queue.remove(key, item.waiting)
    item.waiting = undefined
    if (!item.processing) {
      this.#items.delete(key)
      return undefined
    }
    const { onEnd: former } = item
    return new Promise((resolve) => {
      item.onEnd = () => {
        former?.()
        resolve()
      }
    })
  }

  /**
   * Frees the worker of a key for other keys while `work` uses its own thread. The key then continues without waiting for a worker, so each
   * such thread adds one concurrent key.
   */
  async withoutWorker<T>(key: string, work: () => Promise<T>): Promise<T> {
    const item = this.#items.get(key)
    if (item?.worker !== 'held') return work()
    item.worker = 'lent'
    this.#freeWorker(item)
    this.#dispatch()
    try {
      return await work()
    } finally {
      // Past its deadline the key no longer has a worker.
      if ((item.worker as WorkItem['worker']) === 'lent') {
        item.worker = 'held'
        this.#takeWorker(item)
      }
    }
  }

  /**
   * Continues the work of a key with its report.
   * @returns false if other reports hold all workers that its group may have for reports; the report must then be added
   */
  beginReport(key: string): boolean {
    const item = this.#items.get(key)
    // Past its deadline the key no longer has a worker.
    if (item?.worker !== 'held' || item.isReporting) return true
    if (!this.#reporters.mayTake(item.group)) return false
    this.#freeWorker(item)
    item.isReporting = true
    this.#takeWorker(item)
    if (this.#hasReporter) this.#dispatch()
    return true
  }

  /** Resolves when no key is queued or processed. Delayed keys do not count. */
  async idle(): Promise<void> {
    if (this.#isIdle()) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /**
   * Stops the queue and waits for running work, which is aborted after `graceMs`. Work that ignores the abort, such as a
   * two-step write, may take up to `itemTimeoutMs` longer.
   */
  async close(graceMs: number = 10_000): Promise<void> {
    this.#closing = true
    this.#running = false
    this.#queue.clear()
    for (const item of this.#items.values()) {
      item.timer?.cancel()
      item.waiting = undefined
    }
    // Without a grace period, abort now: until a timer fires, a write could still start.
    if (graceMs <= 0) this.#stop.abort()
    const { clock, itemTimeoutMs } = this.#options
    const timers = [
      clock.setTimeout(() => this.#stop.abort(), graceMs),
      clock.setTimeout(() => this.#notifyIdle(), graceMs + itemTimeoutMs),
    ]
    await this.idle()
    for (const timer of timers) timer.cancel()
    this.#stop.abort()
    this.#items.clear()
  }

  #itemOf(key: string): WorkItem {
    let item = this.#items.get(key)
    if (!item) {
      item = newWorkItem()
      this.#items.set(key, item)
    }
    return item
  }

  #dispatch(): void {
    const mayWork = (group: string): boolean => this.#mayHaveWorker(group)
    const mayReport = (group: string) => this.#reporters.mayTake(group) && (this.#hasReporter || mayWork(group))
    while (this.#running && !this.#workers.areAllHeld) {
      const nowMs = this.#options.clock.monotonic()
      const key = this.#queue.take({ mayWork, mayReport: this.#reporters.areAllHeld ? undefined : mayReport, nowMs })
      if (key === undefined) return
      void this.#work(key)
    }
  }

  #mayHaveWorker(group: string): boolean {
    const { groupOf, mayStart } = this.#options
    if (mayStart?.(group) === false) return false
    return groupOf === undefined || this.#workers.mayTake(group)
  }

  #groupOf(key: string): string {
    return this.#options.groupOf?.(key) ?? ''
  }

  #takeWorker(item: WorkItem): void {
    for (const workers of this.#workersOf(item)) workers.take(item.group)
  }

  #freeWorker(item: WorkItem): void {
    for (const workers of this.#workersOf(item)) workers.free(item.group)
  }

  #workersOf({ isReporting }: WorkItem): readonly WorkerShares[] {
    if (!isReporting) return [this.#workers]
    return this.#hasReporter ? [this.#reporters] : [this.#workers, this.#reporters]
  }

  /** Never rejects: an error leads to `onError` and a retry. */
  async #work(key: string): Promise<void> {
    const { clock, itemTimeoutMs, onError, onStart, backoff, random } = this.#options
    const item = this.#itemOf(key)
    const priority = item.waiting ?? PRIORITY.routine
    item.waiting = undefined
    item.processing = true
    item.isReporting = isReport(priority)
    this.#unended += 1
    item.worker = 'held'
    this.#takeWorker(item)
    if (!isReport(priority)) onStart?.(clock.monotonic() - item.addedMs)
    let retryInMs: number | undefined
    try {
      await withDeadline((signal) => this.#begin(key, item, signal, priority), {
        timeoutMs: itemTimeoutMs,
        what: `work on ${key}`,
        signal: this.#stop.signal,
        clock,
      })
      // A report during the pause of failed work does not end that pause.
      if (!isReport(priority) || clock.monotonic() >= item.retryDueMs) {
        item.failures = 0
        item.retryDueMs = -Infinity
      }
    } catch (thrown) {
      const error = toSecretSyncError(thrown, `work on ${key}`)
      const nowMs = clock.monotonic()
      // A failure during the pause, after another trigger, does not extend the backoff.
      if (item.failures === 0) item.failingSinceMs = nowMs
      if (nowMs >= item.retryDueMs) item.failures += 1
      const askedForMs = Math.min(error.facts.retryAfterMs ?? 0, backoff.maxMs)
      const bounds = backoffWithin(nowMs - item.failingSinceMs, backoff)
      retryInMs = Math.max(fullJitter(item.failures - 1, bounds, random), askedForMs)
      item.retryDueMs = nowMs + retryInMs
      onError(key, error, retryInMs)
    }
    if (item.worker === 'held') this.#freeWorker(item)
    item.worker = 'none'
    if (item.work) {
      // Past its deadline but still running: the worker is free, the key waits.
      this.#dispatch()
      await item.work
    }
    item.processing = false
    this.#unended -= 1
    this.#afterWork(key, item, retryInMs, priority)
  }

  #begin(key: string, item: WorkItem, signal: AbortSignal, priority: Priority): Promise<void> {
    const work = this.#options.process(key, signal, this.#stop.signal, priority)
    const end = (): void => {
      item.work = undefined
    }
    item.work = work.then(end, end)
    return work
  }

  #afterWork(key: string, item: WorkItem, retryInMs: number | undefined, priority: Priority): void {
    const { dirty, onEnd } = item
    item.dirty = undefined
    item.onEnd = undefined
    onEnd?.()
    if (this.#running) {
      if (dirty !== undefined) this.add(key, dirty)
      // Work that was added includes the retry; a report does not.
      if (retryInMs !== undefined && isReport(dirty ?? PRIORITY.report))
        this.addAfter(key, retryInMs, isReport(priority) ? priority : PRIORITY.changed)
      else if (dirty === undefined && item.timer === undefined) this.#items.delete(key)
    }
    this.#dispatch()
    if (this.#isIdle()) this.#notifyIdle()
  }

  #notifyIdle(): void {
    this.#wasIdle = true
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #isIdle(): boolean {
    return this.#unended === 0 && this.#queue.isEmpty
  }
}
