import { type Priority, splitKey, WorkQueue, type WorkQueueOptions } from '@ack-secret-manager/sync-engine'

export interface PushLanesOptions extends Pick<WorkQueueOptions, 'onError' | 'clock' | 'random'> {
  readonly process: (key: string, signal: AbortSignal) => Promise<void>
  /** The endpoint that a PushSecret writes to; empty if it has none now. */
  readonly endpointOf: (key: string) => string
}

/** PushSecrets at once for each endpoint; one namespace may have half of them. */
const CONCURRENCY = 4
/** Steps of 64 KMS secrets that respond slowly. */
const RUN_TIMEOUT_MS = 300_000
/** Endpoints with a queue of their own; all others share one. */
const MAX_LANES = 64
const SHARED_LANE = 'others'

/**
 * Work queues of PushSecrets, one for each endpoint, so that an endpoint that hangs takes no worker from the others. A PushSecret is
 * processed by one worker at a time, also when its endpoint changes.
 */
export class PushLanes {
  readonly #options: PushLanesOptions
  readonly #lanes = new Map<string, WorkQueue>()
  /** Lanes of running work. */
  readonly #running = new Map<string, string>()
  /** Work in another lane than the one in progress, once that has ended. */
  readonly #moving = new Map<string, { readonly delayMs: number; readonly priority: Priority }>()
  #isStarted = false
  #isClosed = false

  constructor(options: PushLanesOptions) {
    this.#options = options
  }

  start(): void {
    this.#isStarted = true
    for (const queue of this.#lanes.values()) queue.start()
  }

  add(key: string, priority: Priority): void {
    if (this.#waitsForRun(key, 0, priority)) return
    this.#queue(this.#laneOf(key)).add(key, priority)
  }

  /** See `WorkQueue.addAfter`. */
  addAfter(key: string, delayMs: number, priority: Priority): void {
    if (this.#waitsForRun(key, delayMs, priority)) return
    this.#queue(this.#laneOf(key)).addAfter(key, delayMs, priority)
  }

  /** Forgets queued and delayed work of `key`. Resolves when its processing has ended. */
  async drop(key: string): Promise<void> {
    this.#moving.delete(key)
    await Promise.all([...this.#lanes.values()].flatMap((queue) => queue.drop(key) ?? []))
  }

  async close(graceMs: number): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#lanes.values()].map((queue) => queue.close(graceMs)))
  }

  /** Whether work is added later, because the key is processed in another lane. */
  #waitsForRun(key: string, delayMs: number, priority: Priority): boolean {
    const running = this.#running.get(key)
    if (this.#isClosed) return true
    if (running === undefined || running === this.#laneOf(key)) return false
    const before = this.#moving.get(key) ?? { delayMs, priority }
    this.#moving.set(key, {
      delayMs: Math.min(delayMs, before.delayMs),
      priority: Math.min(priority, before.priority) as Priority,
    })
    return true
  }

  #laneOf(key: string): string {
    const endpoint = this.#options.endpointOf(key)
    return this.#lanes.has(endpoint) || this.#lanes.size < MAX_LANES ? endpoint : SHARED_LANE
  }

  #queue(lane: string): WorkQueue {
    const known = this.#lanes.get(lane)
    if (known) return known
    const { onError, clock, random } = this.#options
    const queue = new WorkQueue({
      process: (key, signal, _stopping, priority) => this.#process(lane, key, signal, priority),
      onError,
      clock,
      random,
      groupOf: (key) => splitKey(key)[0],
      concurrency: CONCURRENCY,
      itemTimeoutMs: RUN_TIMEOUT_MS,
    })
    this.#lanes.set(lane, queue)
    if (this.#isStarted) queue.start()
    return queue
  }

  async #process(lane: string, key: string, signal: AbortSignal, priority: Priority): Promise<void> {
    // Its endpoint has changed since it was queued.
    const running = this.#running.get(key)
    if (running !== undefined || this.#laneOf(key) !== lane) return this.add(key, priority)
    this.#running.set(key, lane)
    try {
      await this.#options.process(key, signal)
    } finally {
      this.#running.delete(key)
      const move = this.#moving.get(key)
      this.#moving.delete(key)
      if (move) this.addAfter(key, move.delayMs, move.priority)
    }
  }
}
