import type { ResourceKey, SyncResource } from '../model/resource.ts'
import { PRIORITY } from '../queue/priority.ts'
import { type WorkQueue } from '../queue/work-queue.ts'
import type { SourcePool } from '../sources/source-pool.ts'
import type { Reconciler } from './reconciler.ts'
import type { ResourceState } from './resource-state.ts'

export interface StoreChangesOptions {
  readonly states: ReadonlyMap<ResourceKey, Pick<ResourceState, 'resource' | 'isHealthy'>>
  readonly reconciler: Pick<Reconciler, 'announce'>
  readonly pool: Pick<SourcePool, 'retryFailed'>
  readonly queue: Pick<WorkQueue, 'add'>
  /** Before the start, resources are only queued, because the start plans the reads of all of them. */
  readonly isStarted: () => boolean
}

/** Maximum number of reads planned in one turn of the event loop, about 10 ms of work; each resource counts as one more. */
const MAX_PER_TURN = 1_000
/** Maximum duration of a turn, because planning takes longer if many stores have reached their limits. */
const MAX_TURN_MS = 10

/**
 * Resources whose stores have changed. Announces the new reads of all of them before it queues the first one. Otherwise reads would follow
 * the former rate limit of a store until each resource is synced, and those syncs would wait for the new limit. Changes during a round
 * wait for the next one, so that constant changes of one store do not delay the resources of another.
 */
export class StoreChanges {
  readonly #options: StoreChangesOptions
  readonly #nextRound = new Set<ResourceKey>()
  readonly #toAnnounce = new Set<ResourceKey>()
  /** Queued before {@link #toQueue}, because they may wait for this change. */
  readonly #failing = new Set<ResourceKey>()
  readonly #toQueue = new Set<ResourceKey>()
  #isScheduled = false

  constructor(options: StoreChangesOptions) {
    this.#options = options
  }

  /** Whether some resources are not queued yet. */
  get isBusy(): boolean {
    return this.#isScheduled
  }

  /** The stores of these resources have changed. Many resources take several turns of the event loop. */
  add(uses: (resource: SyncResource) => boolean): void {
    for (const [key, { resource }] of this.#options.states) if (uses(resource)) this.#nextRound.add(key)
    if (!this.#isScheduled) this.#run()
  }

  readonly #run = (): void => {
    const untilMs = performance.now() + MAX_TURN_MS
    let left = MAX_PER_TURN
    const isOver = (): boolean => left <= 0 || performance.now() >= untilMs
    if (this.#left === 0) {
      for (const key of this.#nextRound) this.#toAnnounce.add(key)
      this.#nextRound.clear()
    }
    for (const key of this.#toAnnounce) {
      this.#toAnnounce.delete(key)
      const line = this.#options.states.get(key)?.isHealthy === false ? this.#failing : this.#toQueue
      line.add(key)
      left -= this.#announce(key)
      if (isOver()) break
    }
    for (const line of this.#toAnnounce.size > 0 ? [] : [this.#failing, this.#toQueue]) {
      for (const key of line) {
        if (isOver()) break
        line.delete(key)
        left -= 1
        this.#queue(key)
      }
    }
    this.#isScheduled = this.#nextRound.size + this.#left > 0
    if (this.#isScheduled) setImmediate(this.#run)
  }

  /** Resources of this round that are not queued yet. */
  get #left(): number {
    return this.#toAnnounce.size + this.#failing.size + this.#toQueue.size
  }

  /** @returns the effort */
  #announce(key: ResourceKey): number {
    const { states, reconciler, isStarted } = this.#options
    const resource = states.get(key)?.resource
    return 1 + (resource && isStarted() ? reconciler.announce(key, resource) : 0)
  }

  #queue(key: ResourceKey): void {
    const { states, pool, queue } = this.#options
    // It may have been deleted in an earlier turn.
    if (!states.has(key)) return
    pool.retryFailed(key)
    queue.add(key, PRIORITY.changed)
  }
}
