import type { Clock } from '@ack-secret-manager/core'
import { findsOf } from '@ack-secret-manager/resources'
import { MAX_FOUND } from '../find/decide-found.ts'
import { namespaceOf, type ResourceKey, type SyncResource } from '../model/resource.ts'
import { PRIORITY } from '../queue/priority.ts'
import { type WorkQueue } from '../queue/work-queue.ts'
import type { SyncOutcome } from '../report/sync-outcome.ts'
import type { SourcePool } from '../sources/source-pool.ts'
import { type PendingRefresh, pendingRefreshOf, refreshResult } from './pending-refresh.ts'
import type { ResourceState } from './resource-state.ts'

/** Minimum time between two requested refreshes of one resource. */
const PAUSE_MS = 1_000
/** Secrets of one namespace that requested refreshes may read per second. */
const SECRETS_PER_SECOND = 40
const BURST_MS = 1_000
const MS_PER_SECRET = 1_000 / SECRETS_PER_SECOND

/** Options of {@link RefreshRequests}. */
export interface RefreshRequestsOptions {
  readonly clock: Clock
  readonly queue: Pick<WorkQueue, 'addAfter'>
  readonly pools: readonly Pick<SourcePool, 'hasReadSince'>[]
}

/**
 * Refreshes that users request: at once, then once a second for each resource. Each namespace has its own share, so that a flood of
 * annotations in one takes neither the read slots nor the rate limit from others.
 */
export class RefreshRequests {
  readonly #options: RefreshRequestsOptions
  /** The latest refresh of each resource; pending until a sync begins it. */
  readonly #latest = new Map<ResourceKey, { dueMs: number; isPending: boolean }>()
  /** Until when the share of each namespace is used up, the least recently used namespace first. */
  readonly #usedUntilMs = new Map<string, number>()

  constructor(options: RefreshRequestsOptions) {
    this.#options = options
  }

  /** The request of a new resource, which its first sync handles. */
  pendingOf(resource: SyncResource): PendingRefresh | undefined {
    return pendingRefreshOf(resource, this.#options.clock.monotonic())
  }

  /** The annotation of a resource changed. */
  changed(key: ResourceKey, state: ResourceState, resource: SyncResource): void {
    if (resource.refreshNow === undefined) return
    state.refresh = this.pendingOf(resource)
    this.request(key, resource)
  }

  /** The request that this outcome handles. Requests another refresh if the secrets were read too early. */
  handled(key: ResourceKey, { refresh, changedMs, resource }: ResourceState, outcome: SyncOutcome): string | undefined {
    if (refresh === undefined) return undefined
    const hasReadSince = this.#options.pools.every((pool) => pool.hasReadSince(key, refresh.sinceMs))
    const result = refreshResult(outcome, { hasChanged: changedMs !== undefined, hasReadSince })
    if (result === 'again') this.request(key, resource)
    return result === 'handled' ? refresh.value : undefined
  }

  /** Requests a refresh, now or as soon as the limits of the resource and its namespace allow. */
  request(key: ResourceKey, resource: SyncResource): void {
    const latest = this.#latest.get(key)
    // A pending refresh covers this request.
    if (latest?.isPending === true) return
    const nowMs = this.#options.clock.monotonic()
    const earliestMs = Math.max(nowMs, (latest?.dueMs ?? -Infinity) + PAUSE_MS)
    const dueMs = Math.max(earliestMs, this.#reserve(namespaceOf(key), secretsOf(resource), nowMs))
    this.#latest.set(key, { dueMs, isPending: true })
    this.#options.queue.addAfter(key, dueMs - nowMs, PRIORITY.changed)
  }

  /** Whether a sync that begins now must refresh. A refresh that is due later stays pending. */
  begin(key: ResourceKey): boolean {
    const latest = this.#latest.get(key)
    if (latest?.isPending !== true) return false
    const inMs = latest.dueMs - this.#options.clock.monotonic()
    if (inMs > 0) this.#options.queue.addAfter(key, inMs, PRIORITY.changed)
    else latest.isPending = false
    return inMs <= 0
  }

  forget(key: ResourceKey): void {
    this.#latest.delete(key)
  }

  /** Takes the reads of `secrets` secrets from the share of a namespace. @returns when the share allows them */
  #reserve(namespace: string, secrets: number, nowMs: number): number {
    const usedUntilMs = Math.max(this.#usedUntilMs.get(namespace) ?? -Infinity, nowMs - BURST_MS)
    this.#usedUntilMs.delete(namespace)
    for (const [unused, untilMs] of this.#usedUntilMs) {
      if (untilMs > nowMs - BURST_MS) break
      this.#usedUntilMs.delete(unused)
    }
    this.#usedUntilMs.set(namespace, usedUntilMs + secrets * MS_PER_SECRET)
    return usedUntilMs
  }
}

function secretsOf({ spec, status }: SyncResource): number {
  if (!spec.ok) return 1
  const { data, dataProcess } = spec.value
  // A user who may write statuses can forge the number.
  const found = Math.min(status?.found ?? 0, MAX_FOUND)
  return Math.max(1, data.length + dataProcess.length + findsOf(spec.value).length + found)
}
