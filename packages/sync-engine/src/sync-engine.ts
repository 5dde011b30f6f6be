import { isSecretSyncError, NAMESPACE_TERMINATING, type Quota } from '@ack-secret-manager/core'
import { type Backoffs, createBackoffs } from './reconcile/drift-backoff.ts'
import type { EngineStats, SyncEngineOptions } from './sync-engine-options.ts'
import { engineStats } from './reconcile/engine-stats.ts'
import { FailedCleanups } from './reconcile/release/failed-cleanups.ts'
import { unfinishedWork } from './reconcile/unfinished-work.ts'
import { OutcomeReporter } from './reconcile/outcome-reporter.ts'
import { isHealthy } from './report/ready-condition.ts'
import { clearWork, newState, readyOf, type ResourceState } from './reconcile/resource-state.ts'
import { RendererBusyError, renderLimiterFor } from './queue/render-limiter.ts'
import { type ResourceStats, resourceStats } from './reconcile/resource-stats.ts'
import { Polling } from './reconcile/polling.ts'
import { Reconciler } from './reconcile/reconciler.ts'
import {
  isSameRequest,
  isCurrent,
  isLive,
  isTerminating,
  namespaceOf,
  type ResourceKey,
  resourceKey,
  type SyncResource,
} from './model/resource.ts'
import { AwaitedTargetError, RecentDeletions } from './reconcile/release/recent-deletions.ts'
import { RefusedTargets } from './reconcile/target/refused-targets.ts'
import { EndingWork } from './reconcile/release/ending-work.ts'
import { watchTargetChanges } from './reconcile/target/target-changes.ts'
import { RefreshRequests } from './reconcile/refresh-requests.ts'
import { type RestartScheduler, restartScheduler } from './restart/restart-scheduler.ts'
import { DeletedResources } from './reconcile/release/retain-target.ts'
import { type HintScope, SourcePool } from './sources/source-pool.ts'
import { SweepPool } from './sweeps/sweep-pool.ts'
import { StaleReconcileError } from './reconcile/guard/stale-reconcile-error.ts'
import { requeueSubscribers } from './reconcile/source-changes.ts'
import { StoreChanges } from './reconcile/store-changes.ts'
import { requeueForTemplates } from './reconcile/template-changes.ts'
import { withUnreported, hasWritten, hidesDeletion, isEditedByOthers, lacksStore } from './report/sync-outcome.ts'
import { ORPHAN_GRACE_MS, RETRY_MS, STORE_GRACE_MS, TERMINATING_RECHECK_MS } from './queue/delays.ts'
import { nextTurn } from './queue/turn-pacer.ts'
import { isReport, PRIORITY, type Priority } from './queue/priority.ts'
import { WorkQueue } from './queue/work-queue.ts'

/**
 * Keeps the targets of all resources equal to their sources. Level-triggered: a notification only names a resource, and every
 * sync starts from the current state.
 */
export class SyncEngine {
  readonly polling: Polling
  readonly #options: SyncEngineOptions
  readonly #states = new Map<ResourceKey, ResourceState>()
  readonly #pool: SourcePool
  readonly #sweeps: SweepPool
  readonly #queue: WorkQueue
  readonly #reconciler: Reconciler
  readonly #deletions: RecentDeletions
  readonly #reporter: OutcomeReporter
  readonly #backoffs: Backoffs
  readonly #refusedTargets: RefusedTargets
  readonly #refreshes: RefreshRequests
  /** Deleted resources. The garbage collector may not have run, so their `Retain` can still be applied. */
  readonly #deleted = new DeletedResources()
  readonly #cleanups: FailedCleanups
  readonly #storeChanges: StoreChanges
  readonly #restarts: RestartScheduler | undefined
  readonly #stopWatching: () => void
  /** Processing of released resources that has not ended. */
  readonly #releasing = new EndingWork()
  #started = false
  readonly #isForeign = (key: ResourceKey): boolean => this.#options.sharing?.isForeign(key) === true

  constructor(options: SyncEngineOptions) {
    this.#options = options
    const { clock, random, observer, queue } = options
    this.#pool = new SourcePool({
      ...options.sources,
      clock,
      random,
      onChange: (keys, change, read) => requeueSubscribers(keys, change, read, this.#parts()),
      hasUnsyncedBacklog: () => this.#queue.hasUnsyncedBacklog,
    })
    const onChange = (finders: readonly ResourceKey[]): void => {
      for (const key of finders) if (this.#states.has(key)) this.#queue.add(key, PRIORITY.changed)
    }
    const quotaOf = (quota: Quota): Quota => options.sources.rateLimits.quotaOf(quota)
    this.#sweeps = new SweepPool({ clock, random, ...options.sweeps, onChange, quotaOf })
    this.polling = new Polling(options.defaults, this.#states, this.#pool, this.#sweeps)
    this.#deletions = new RecentDeletions(clock)
    this.#cleanups = new FailedCleanups(options)
    this.#queue = new WorkQueue({
      ...queue,
      clock,
      random,
      groupOf: namespaceOf,
      process: (key, signal, stopping, priority) => this.#process(key, signal, stopping, priority),
      onError: (key, error, retryInMs) => observer?.failed?.(key, error, retryInMs),
      ...(observer?.queueWaited ? { onStart: (waitedMs) => observer.queueWaited?.(waitedMs) } : {}),
    })
    this.#refreshes = new RefreshRequests({ clock, queue: this.#queue, pools: [this.#pool, this.#sweeps] })
    const current = (key: ResourceKey): SyncResource | undefined => this.#states.get(key)?.resource
    this.#reconciler = new Reconciler({
      ...options,
      defaults: this.polling.defaults,
      pool: this.#pool,
      sweeps: this.#sweeps,
      deletions: this.#deletions,
      current,
      isForeign: this.#isForeign,
      awaitDeletion: (key, owners) => this.#refusedTargets.awaitDeletion(key, owners),
      limiter: renderLimiterFor(this.#queue, options),
      onKept: (key, error) => {
        const retryInMs = this.#backoffs.kept.retryInMs(key)
        observer?.kept?.(key, error, retryInMs)
        this.#queue.addAfter(key, retryInMs, PRIORITY.routine)
      },
    })
    this.#storeChanges = new StoreChanges(this.#parts())
    const onOverwritten = (key: ResourceKey): void => {
      if (this.#started) this.#queue.addAfter(key, this.#backoffs.statusDrift.dueInMs(key), PRIORITY.routine)
    }
    this.#reporter = new OutcomeReporter({ ...options, queue: this.#queue, onOverwritten })
    this.#backoffs = createBackoffs(clock)
    const requeueIn = (key: ResourceKey, ms: number): void => this.#queue.addAfter(key, ms, PRIORITY.changed)
    this.#refusedTargets = new RefusedTargets({ ...options, watch: options.targetWatch, onChange: requeueIn })
    this.#restarts = restartScheduler(options, current)
    this.#stopWatching = watchTargetChanges({ ...this.#parts(), writer: options.writer, drift: this.#backoffs.drift })
  }

  /** Starts syncing. Resources may be added before. */
  start(): void {
    this.#started = true
    for (const [key, { resource }] of this.#states) this.#reconciler.announce(key, resource)
    this.recover()
    this.#queue.start()
  }

  /** Queues unfinished work of other processes: replacements of targets, and targets of deleted resources. */
  recover(): void {
    for (const { key, priority } of unfinishedWork(this.#options.writer, (resource) => this.#states.has(resource))) {
      if (this.#parts().manages(namespaceOf(key)) && !this.#isForeign(key)) this.#queue.add(key, priority)
    }
  }

  /** A resource was added or changed. A change of only its status does not trigger a sync. */
  upsert(resource: SyncResource): void {
    const key = resourceKey(resource)
    const state = this.#states.get(key)
    if (!state || !isSameRequest(state.resource, resource))
      this.#options.onDemand?.(this.#reconciler.demandOf(resource))
    if (!state) {
      this.#states.set(key, { ...newState(resource), refresh: this.#refreshes.pendingOf(resource) })
      this.#deleted.delete(key)
      this.#cleanups.forget(key)
      if (this.#started) this.#reconciler.announce(key, resource)
      this.#queue.add(key, readyOf(resource) === 'True' ? PRIORITY.routine : PRIORITY.first)
      return
    }
    const before = state.resource
    this.#reporter.observe(key, state, resource)
    if (before.refreshNow !== resource.refreshNow) this.#refreshes.changed(key, state, resource)
    if (!isSameRequest(before, resource)) this.#queue.add(key, PRIORITY.changed)
  }

  /** A resource was deleted. */
  remove(key: ResourceKey): void {
    const state = this.#states.get(key)
    if (!state) return
    this.#states.delete(key)
    this.#options.onDemand?.({ ...this.#reconciler.demandOf(state.resource), reads: [] })
    this.#deleted.add(state.resource, this.#options.writer)
    this.#queue.add(key, PRIORITY.first)
  }

  /** A resource of another process was deleted. If that process does not release the targets, this one does, or a third one. */
  orphaned(key: ResourceKey): void {
    this.#queue.addAfter(key, ORPHAN_GRACE_MS, PRIORITY.routine)
  }

  /** Another process syncs the resource from now on: its targets and its status stay. A write that has not been sent is not sent. */
  release(key: ResourceKey): void {
    if (!this.#states.delete(key)) return
    this.#forget(key)
    this.#reconciler.abandon(key)
    this.#releasing.add(this.#queue.drop(key)?.then(() => this.#reconciler.abandonUnlessCurrent(key)))
    this.#options.observer?.released?.(key)
  }

  /** Resolves when no write for a released resource is in progress. */
  released(): Promise<void> {
    return this.#releasing.ended()
  }

  /** A store, a credential or a permission of these resources changed. Applies to all resources without `uses`. */
  storesChanged(uses: (resource: SyncResource) => boolean = () => true): void {
    this.#storeChanges.add(uses)
  }

  /** Template objects of these resources changed. Each is synced at once, then at most once a second. */
  templatesChanged(resources: Iterable<ResourceKey>): void {
    requeueForTemplates(resources, this.#parts())
  }

  /** Targets that these resources wait for changed, see {@link SyncEngineOptions.targetWatch}. */
  targetsChanged(resources: Iterable<ResourceKey>): void {
    for (const key of resources) this.#refusedTargets.changed(key)
  }

  /** A message says that a secret may have changed, in this account and region if any. Its content is not trusted; the secret is read soon. */
  hint(secretName: string, scope?: HintScope): void {
    this.#pool.hint(secretName, scope)
    this.#sweeps.hint(secretName, scope)
  }

  /** Resolves when every resource was synced and no sync is running. */
  async idle(): Promise<void> {
    while (this.#storeChanges.isBusy) await nextTurn()
    await this.#queue.idle()
  }

  /**
   * Resolves when every pending restart has been tried.
   * @returns the errors of restarts that are still pending
   */
  restartsTried(options: { readonly signal: AbortSignal }): Promise<readonly string[]> {
    return this.#restarts?.waitUntilTried(options.signal) ?? Promise.resolve([])
  }

  /** Whether the connection with this key is reachable; undefined if no resource uses it, which is unknown until all were synced once. */
  reachability(connection: string): ReturnType<SourcePool['reachability']> {
    return this.#pool.reachability(connection) ?? (this.#queue.wasIdle ? undefined : { state: 'unknown' })
  }

  /** Statistics for health and metrics. Iterates over all resources: not for a hot path. */
  stats(): EngineStats {
    return engineStats({ ...this.#parts(), sweeps: this.#sweeps, cleanups: this.#cleanups, restarts: this.#restarts })
  }

  /** Statistics of each resource, for metrics. Not for a hot path either. */
  resources(): Iterable<ResourceStats> {
    return resourceStats(this.#states, this.#pool)
  }

  /** Finishes the writes in progress, aborting them after `graceMs`, then stops. */
  async close(graceMs: number = 10_000): Promise<void> {
    this.#stopWatching()
    this.#refusedTargets.close()
    // Sweeps close at the same time, because no write waits for a list.
    await Promise.all([this.#sweeps.close(), this.#queue.close(graceMs)])
    await Promise.all([this.#restarts?.close(), this.#pool.close()])
  }

  async #process(key: ResourceKey, signal: AbortSignal, stopping: AbortSignal, priority: Priority): Promise<void> {
    const state = this.#states.get(key)
    if (!state) return this.#isForeign(key) ? this.#deleted.delete(key) : this.#cleanUp(key, signal)
    if (this.#options.isTerminating?.(state.resource.namespace)) return this.#stopInTerminatingNamespace(key, state)
    if (isTerminating(state.resource)) return this.#stop(key, state)
    if (isReport(priority)) return this.#reporter.reportPending(key, state, { signal, stopping })
    const { resource } = state
    state.failure = undefined
    if (this.#refreshes.begin(key)) this.#reconciler.refresh(key)
    state.isHealthy = false
    try {
      await this.#sync(key, state, signal)
      await this.#reporter.reportOrQueue(key, state, { signal, stopping })
    } catch (error) {
      if (error instanceof RendererBusyError || error instanceof AwaitedTargetError) {
        return this.#queue.addAfter(key, RETRY_MS * (0.5 + this.#options.random()), PRIORITY.changed)
      }
      if (error instanceof StaleReconcileError) return this.#queue.add(key, PRIORITY.changed)
      if (isSecretSyncError(error) && error.facts.remoteCode === NAMESPACE_TERMINATING)
        return this.#stopInTerminatingNamespace(key, state)
      // The retry may use cached plaintext, unless another replica has read a newer value.
      if (isSecretSyncError(error) && error.code === 'Conflict') this.#reconciler.forceRead(key)
      state.failures += 1
      const now = this.#states.get(key)?.resource
      if (isCurrent(resource, now)) await this.#reporter.reportFailure(key, state, error, { signal, stopping })
      throw error
    }
    this.#pool.ack(key)
  }

  /** Releases the targets of a deleted resource. */
  async #cleanUp(key: ResourceKey, signal: AbortSignal): Promise<void> {
    this.#forget(key)
    const forget = (): Promise<void> => this.#reconciler.forget(key, this.#deleted.get(key), signal)
    if (!(await this.#cleanups.run(key, forget, signal))) return this.#queue.add(key, PRIORITY.changed)
    this.#deleted.delete(key)
    this.#refusedTargets.deleted(key)
    this.#options.observer?.removed?.(key)
  }

  #forget(key: ResourceKey): void {
    for (const each of [...Object.values(this.#backoffs), this.#refusedTargets, this.#refreshes]) each.forget(key)
    this.#restarts?.forget(key)
  }

  /** Stops all work for a resource that is being deleted. */
  #stop(key: ResourceKey, state: ResourceState): void {
    clearWork(state)
    this.#refusedTargets.forget(key)
    this.#restarts?.forget(key)
    this.#reconciler.stop(key)
  }

  /** Requeues, because the namespace may exist again while its watch is behind. */
  #stopInTerminatingNamespace(key: ResourceKey, state: ResourceState): void {
    this.#stop(key, state)
    this.#queue.addAfter(key, TERMINATING_RECHECK_MS, PRIORITY.routine)
    this.#options.observer?.namespaceTerminating?.(key)
  }

  async #sync(key: ResourceKey, state: ResourceState, signal: AbortSignal): Promise<void> {
    const { clock, observer } = this.#options
    const { resource, changedMs } = state
    const startedMs = clock.monotonic()
    state.unsyncedSinceMs ??= startedMs
    const found = await this.#reconciler.sync(key, resource, { signal, pendingRestart: this.#restarts?.causeOf(key) })
    // From here on only the report can fail.
    state.unsyncedSinceMs = undefined
    if (changedMs !== undefined && hasWritten(found)) observer?.changeWritten?.(clock.monotonic() - changedMs)
    if (state.changedMs === changedMs) state.changedMs = undefined
    const outcome = withUnreported(found, state.unreported)
    if (state.unreported && (hidesDeletion(found, state.unreported) || (state.report && outcome === found))) {
      this.#reporter.reportSuperseded(key, resource, state.unreported)
    }
    if (!state.waitedForStore && lacksStore(outcome)) {
      // A resource and its store are often applied together, in any order.
      state.waitedForStore = true
      return this.#queue.addAfter(key, STORE_GRACE_MS, PRIORITY.first)
    }
    state.unreported = hasWritten(outcome) ? outcome : undefined
    if (!isLive(resource, this.#states.get(key)?.resource)) throw new StaleReconcileError()
    state.isHealthy = isHealthy(outcome)
    this.#restarts?.synced(key, resource, outcome)
    if (outcome.kind === 'synced' && isEditedByOthers(outcome)) this.#backoffs.drift.corrected(key)
    const retryInMs = this.#refusedTargets.record(key, outcome)
    if (retryInMs !== undefined) this.#queue.addAfter(key, retryInMs, PRIORITY.routine)
    const handledRefresh = this.#refreshes.handled(key, state, outcome)
    const nowMs = clock.monotonic()
    const sinceMs = state.report?.sinceMs ?? nowMs
    const isOneOfMany = this.#queue.hasManyReports
    state.report = { resource, outcome, handledRefresh, durationMs: nowMs - startedMs, sinceMs, isOneOfMany }
  }

  #parts() {
    return {
      states: this.#states,
      queue: this.#queue,
      pool: this.#pool,
      reconciler: this.#reconciler,
      deletions: this.#deletions,
      refusedTargets: this.#refusedTargets,
      clock: this.#options.clock,
      manages: (namespace: string) => this.#options.manages?.(namespace) ?? true,
      isForeign: this.#isForeign,
      isStarted: () => this.#started,
    }
  }
}
