import { type Clock, isSecretSyncError } from '@ack-secret-manager/core'
import type { ResourceKey } from '../model/resource.ts'
import { NONE_AT_INTERVAL, type SourceKey, type SourceReading } from '../model/source-reading.ts'
import { type KnownTarget, sourcesAtInterval } from '../plan/sources-at-interval.ts'
import type { SyncPlan } from '../plan/sync-plan.ts'
import type { SourcePool } from '../sources/source-pool.ts'
import { StaleReconcileError } from './guard/stale-reconcile-error.ts'
import { waitingReadsError } from './waiting-reads.ts'

/** How one sync reads. */
export interface ReadOptions {
  /** The target before the reads. */
  readonly target: KnownTarget
  /** Also read values that the target already has. */
  readonly readAll: boolean
  readonly signal: AbortSignal
}

/** Reads the secrets of resources, and tracks which resources must not use cached values. */
export class ResourceReads {
  readonly #pool: SourcePool
  readonly #clock: Pick<Clock, 'monotonic'>
  /** Resources whose cached plaintext may be older than their target. */
  readonly #outdated = new Set<ResourceKey>()
  /** Resources with a requested refresh. */
  readonly #refreshing = new Set<ResourceKey>()

  constructor({ pool, clock }: { readonly pool: SourcePool; readonly clock: Pick<Clock, 'monotonic'> }) {
    this.#pool = pool
    this.#clock = clock
  }

  /** Another replica wrote the target: the next sync rereads all sources. */
  force(key: ResourceKey): void {
    this.#outdated.add(key)
  }

  isForced(key: ResourceKey): boolean {
    return this.#outdated.has(key)
  }

  /** The next sync reads every secret of the resource, even during a backoff. */
  refresh(key: ResourceKey): void {
    this.#refreshing.add(key)
  }

  isRefresh(key: ResourceKey): boolean {
    return this.#refreshing.has(key)
  }

  forget(key: ResourceKey): void {
    this.#outdated.delete(key)
    this.#refreshing.delete(key)
  }

  /**
   * The readings of a plan, which the resource is subscribed to.
   * @throws SecretSyncError that names the limit which the reads wait for, at the deadline of the sync; StaleReconcileError when the reads
   * change
   */
  async values(
    key: ResourceKey,
    plan: SyncPlan,
    { target, readAll, signal }: ReadOptions,
  ): Promise<ReadonlyMap<SourceKey, SourceReading>> {
    const { reads } = plan
    const isRefresh = this.#refreshing.delete(key)
    // Right before `values`, which then shares these reads.
    if (isRefresh) this.#pool.refreshNow(key)
    const atInterval = isRefresh || readAll ? NONE_AT_INTERVAL : sourcesAtInterval(plan, target)
    const startedMs = this.#clock.monotonic()
    const force = this.#outdated.delete(key)
    try {
      return await this.#pool.values(key, reads, { signal, force, atInterval })
    } catch (error) {
      if (force) this.#outdated.add(key)
      // A changed store has registered other reads meanwhile.
      if (!signal.aborted && isSecretSyncError(error) && error.code === 'Cancelled') throw new StaleReconcileError()
      const waitedMs = this.#clock.monotonic() - startedMs
      throw waitingReadsError(reads, { pool: this.#pool, atInterval, signal, waitedMs }) ?? error
    }
  }
}
