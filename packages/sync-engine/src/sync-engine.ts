import { isOutage, isSecretSyncError, NAMESPACE_TERMINATING, type TargetChange } from '@ack-secret-manager/core'
import { demandOf } from './plan/compile.ts'
import { type Backoffs, createBackoffs } from './reconcile/drift-backoff.ts'
import type { EngineStats, SyncEngineOptions } from './sync-engine-options.ts'
import { FailedCleanups } from './reconcile/failed-cleanups.ts'
import { unfinishedWork } from './reconcile/unfinished-work.ts'
import { OutcomeReporter } from './reconcile/outcome-reporter.ts'
import { isHealthy } from './report/ready-condition.ts'
import { clearWork, newState, readyOf, type ResourceState, summarize } from './reconcile/resource-state.ts'
import { RenderQueueFullError, RenderLimiter } from './queue/render-limiter.ts'
import { type ResourceStats, resourceStats } from './reconcile/resource-stats.ts'
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
import type { SourceKey, SourceChange } from './model/source-reading.ts'
import { AwaitedTargetError, RecentDeletions } from './reconcile/recent-deletions.ts'
import { RefusedTargets } from './reconcile/refused-targets.ts'
import { RefreshRequests } from './reconcile/refresh-requests.ts'
import { RestartScheduler, restartsOf } from './restart/restart-scheduler.ts'
import { PendingRetains } from './reconcile/retain-target.ts'
import type { Reachability } from './sources/reachability.ts'
import { SourcePool } from './sources/source-pool.ts'
import { StaleReconcileError } from './reconcile/stale-reconcile-error.ts'
import { withUnreported, hasWritten, hidesDeletion, lacksStore, type SyncOutcome } from './report/sync-outcome.ts'
import { DEFAULT_CONCURRENCY, PRIORITY, WorkQueue } from './queue/work-queue.ts'

/** How often a resource of a terminating namespace is rechecked. */
const TERMINATING_RECHECK_MS = 300_000

/** Minimum pause between two syncs for the sake of templates alone. */
const TEMPLATES_PAUSE_MS = 1_000

/** About how long a sync waits that found the renderer busy, or whose target others may be about to create. */
const RETRY_MS = 1_000

/** How long a new resource waits for a store that is not there yet, before it says so. */
const STORE_GRACE_MS = 2_000

/**
 * Keeps the targets of all its resources equal to their sources. Level-triggered: whoever tells it something only says where
 * to look; every sync starts from what is true now.
 */
export class SyncEngine {
  readonly #options: SyncEngineOptions
  readonly #states = new Map<ResourceKey, ResourceState>()
  readonly #pool: SourcePool
  readonly #queue: WorkQueue
  readonly #reconciler: Reconciler
  readonly #deletions: RecentDeletions
  readonly #reporter: OutcomeReporter
  readonly #backoffs: Backoffs
  readonly #refusedTargets: RefusedTargets
  readonly #refreshes: RefreshRequests
  /** Deleted resources whose `Retain` no Secret knows yet. The garbage collector may not have run. */
  readonly #toRetain = new PendingRetains()
  readonly #cleanups: FailedCleanups
  readonly #restarts: RestartScheduler | undefined
  readonly #stopWatching: () => void
  #started = false

  constructor(options: SyncEngineOptions) {
    this.#options = options
    const { clock, random, observer, templating, queue } = options
    this.#pool = new SourcePool({
      ...options.sources,
      clock,
      random,
      onChange: (subscribers, change, read) => this.#onSourceChange(subscribers, change, read),
    })
    this.#deletions = new RecentDeletions(clock)
    this.#cleanups = new FailedCleanups(options)
    this.#queue = new WorkQueue({
      ...queue,
      clock,
      random,
      groupOf: namespaceOf,
      process: (key, signal, stopping) => this.#process(key, signal, stopping),
      onError: (key, error, retryInMs) => observer?.failed?.(key, error, retryInMs),
      ...(observer?.queueWaited ? { onStart: (waitedMs) => observer.queueWaited?.(waitedMs) } : {}),
    })
    this.#refreshes = new RefreshRequests({ clock, queue: this.#queue })
    const current = (key: ResourceKey): SyncResource | undefined => this.#states.get(key)?.resource
    this.#reconciler = new Reconciler({
      ...options,
      defaults: options.defaults ?? { intervalMs: 120_000, disablePolling: false },
      pool: this.#pool,
      deletions: this.#deletions,
      current,
      limiter:
        templating &&
        new RenderLimiter({
          renderer: templating.renderer,
          clock,
          workers: queue?.concurrency ?? DEFAULT_CONCURRENCY,
          groupOf: namespaceOf,
          withoutWorker: (key, render) => this.#queue.withoutWorker(key, render),
          onSlotFree: (key) => this.#queue.add(key, PRIORITY.changed),
        }),
      onKept: (key, error) => {
        const retryInMs = this.#backoffs.kept.retryInMs(key)
        observer?.kept?.(key, error, retryInMs)
        this.#queue.addAfter(key, retryInMs, PRIORITY.routine)
      },
    })
    const onOverwritten = (key: ResourceKey): void => {
      if (this.#started) this.#queue.addAfter(key, this.#backoffs.statusDrift.dueInMs(key), PRIORITY.routine)
    }
    this.#reporter = new OutcomeReporter({ ...options, onOverwritten })
    this.#backoffs = createBackoffs(clock)
    this.#refusedTargets = new RefusedTargets({
      ...options,
      watch: options.targetWatch,
      onChange: (key, delayMs) => this.#queue.addAfter(key, delayMs, PRIORITY.changed),
    })
    const { restarter, restartWindowMs: windowMs } = options
    this.#restarts =
      restarter && new RestartScheduler({ ...options, restarter, current, ...(windowMs !== undefined && { windowMs }) })
    this.#stopWatching = options.writer.onChange((change) => this.#onTargetChange(change))
  }

  /** Begins to sync. Resources may be told before. */
  start(): void {
    this.#started = true
    for (const [key, { resource }] of this.#states) this.#reconciler.announce(key, resource)
    for (const { key, priority } of unfinishedWork(this.#options.writer, (resource) => this.#states.has(resource))) {
      if (this.#manages(namespaceOf(key))) this.#queue.add(key, priority)
    }
    this.#queue.start()
  }

  /** A resource appeared or changed. Its own status coming back is no change. */
  upsert(resource: SyncResource): void {
    const key = resourceKey(resource)
    const state = this.#states.get(key)
    if (!state || !isSameRequest(state.resource, resource)) this.#options.onDemand?.(demandOf(resource))
    if (!state) {
      this.#states.set(key, newState(resource))
      this.#toRetain.delete(key)
      this.#cleanups.forget(key)
      if (this.#started) this.#reconciler.announce(key, resource)
      this.#queue.add(key, readyOf(resource) === 'True' ? PRIORITY.routine : PRIORITY.first)
      return
    }
    const before = state.resource
    this.#reporter.observe(key, state, resource)
    if (before.refreshNow !== resource.refreshNow && resource.refreshNow !== undefined)
      this.#refreshes.request(key, resource)
    if (!isSameRequest(before, resource)) this.#queue.add(key, PRIORITY.changed)
  }

  /** A resource is gone. */
  remove(key: ResourceKey): void {
    const state = this.#states.get(key)
    if (!state) return
    this.#states.delete(key)
    this.#options.onDemand?.({ ...demandOf(state.resource), reads: [] })
    this.#toRetain.add(state.resource, this.#options.writer)
    this.#queue.add(key, PRIORITY.first)
  }

  /** Something that these resources refer to has changed: a store, a credential, who may use it. All when not given. */
  storesChanged(uses?: (resource: SyncResource) => boolean): void {
    for (const [key, { resource }] of this.#states) {
      if (uses !== undefined && !uses(resource)) continue
      this.#pool.retryFailed(key)
      this.#queue.add(key, PRIORITY.changed)
    }
  }

  /** What the templates of these resources are in is not as they have read it: looked at at once, then once a second. */
  templatesChanged(resources: Iterable<ResourceKey>): void {
    const now = this.#options.clock.monotonic()
    for (const key of resources) {
      const state = this.#states.get(key)
      // One whose time is still to come will see this change as well.
      if (!state || state.templatesDueMs > now) continue
      // Resources may make templates for each other without end.
      state.templatesDueMs = Math.max(now, state.templatesDueMs + TEMPLATES_PAUSE_MS)
      this.#queue.addAfter(key, state.templatesDueMs - now, PRIORITY.changed)
    }
  }

  /** Secrets that these resources wait for have changed, see {@link SyncEngineOptions.targetWatch}. */
  targetsChanged(resources: Iterable<ResourceKey>): void {
    for (const key of resources) this.#refusedTargets.changed(key)
  }

  /** Somebody says that a secret may have changed: looked at soon, believed never. */
  hint(secretName: string): void {
    this.#pool.hint(secretName)
  }

  /** Resolves when every resource has been looked at and nothing is under work. */
  async idle(): Promise<void> {
    await this.#queue.idle()
  }

  /**
   * Resolves when every restart that is due has been tried.
   * @returns why those did not work that are still due
   */
  restartsTried(options: { readonly signal: AbortSignal }): Promise<readonly string[]> {
    return this.#restarts?.waitUntilTried(options.signal) ?? Promise.resolve([])
  }

  /** Whether the connection with this key gets answers; undefined where no resource reads through it. */
  reachability(connection: string): Reachability | undefined {
    return this.#pool.reachability(connection)
  }

  /** Figures for health and metrics. Counts all resources: not for a hot path. */
  stats(): EngineStats {
    const tally = summarize(this.#states.values(), this.#options.clock.monotonic())
    const work = { ...tally, failedCleanups: this.#cleanups.size }
    return { resources: this.#states.size, ...work, sources: this.#pool.stats(), queue: this.#queue.stats() }
  }

  /** Figures of each resource, for metrics. As {@link stats}. */
  resources(): Iterable<ResourceStats> {
    return resourceStats(this.#states, this.#pool)
  }

  /** Finishes the writes under way, aborting them after `graceMs`, then stops. */
  async close(graceMs: number = 10_000): Promise<void> {
    this.#stopWatching()
    this.#refusedTargets.close()
    await this.#queue.close(graceMs)
    await this.#restarts?.close()
    await this.#pool.close()
  }

  #onSourceChange(subscribers: readonly string[], change: SourceChange, read: SourceKey): void {
    const error = this.#pool.peek(read)?.error
    // A young outage and its end are no news to a resource that is ready: looking would only cost reads of its other sources.
    const isOutageNews = change === 'recovered' || (change === 'failed' && error !== undefined && isOutage(error.code))
    const now = this.#options.clock.monotonic()
    for (const key of subscribers) {
      const state = this.#states.get(key)
      if (!state || (isOutageNews && state.isHealthy)) continue
      if (change === 'value') state.changedMs ??= now
      this.#queue.add(key, change === 'value' ? PRIORITY.changed : PRIORITY.routine)
    }
  }

  #onTargetChange({ target, kind, ownerNames, madeByOthers }: TargetChange): void {
    if (!this.#manages(target.namespace)) return
    if (madeByOthers) this.#deletions.add(target)
    // The leader is at work.
    if (kind === 'rewritten' && !this.#started) return
    const owners = ownerNames.map((name) => resourceKey({ namespace: target.namespace, name }))
    for (const key of new Set([...owners, ...this.#refusedTargets.ownersOf(target), resourceKey(target)])) {
      if (this.#states.has(key)) this.#requeue(key, kind)
      else if (owners.includes(key)) this.#queue.add(key, PRIORITY.routine)
    }
  }

  #requeue(key: ResourceKey, kind: TargetChange['kind']): void {
    const isRewritten = kind === 'rewritten'
    if (isRewritten) this.#reconciler.forceRead(key)
    // Two processes that write by turns do so more and more slowly.
    const pauseMs = isRewritten ? this.#backoffs.drift.dueInMs(key) : this.#backoffs.drift.pauseMs(key)
    this.#queue.addAfter(key, pauseMs, PRIORITY.changed)
  }

  async #process(key: ResourceKey, signal: AbortSignal, stopping: AbortSignal): Promise<void> {
    const { clock, observer } = this.#options
    const state = this.#states.get(key)
    if (!state) return this.#cleanUp(key, signal)
    if (this.#options.isTerminating?.(state.resource.namespace)) return this.#stopInTerminatingNamespace(key, state)
    if (isTerminating(state.resource)) return this.#stop(key, state)
    const { resource } = state
    const startedMs = clock.monotonic()
    if (this.#refreshes.begin(key)) this.#reconciler.refresh(key)
    state.isHealthy = false
    try {
      const outcome = await this.#syncAndReport(key, state, signal)
      state.failures = 0
      if (outcome) observer?.synced?.(key, outcome, clock.monotonic() - startedMs)
    } catch (error) {
      if (error instanceof RenderQueueFullError || error instanceof AwaitedTargetError) {
        this.#queue.addAfter(key, RETRY_MS * (0.5 + this.#options.random()), PRIORITY.changed)
        return
      }
      if (error instanceof StaleReconcileError) return this.#queue.add(key, PRIORITY.changed)
      if (isSecretSyncError(error) && error.facts.remoteCode === NAMESPACE_TERMINATING)
        return this.#stopInTerminatingNamespace(key, state)
      // Plaintext is kept for the next try, which comes soon or is given up with it; but somebody may have read a newer one.
      if (isSecretSyncError(error) && error.code === 'Conflict') this.#reconciler.forceRead(key)
      state.failures += 1
      const now = this.#states.get(key)?.resource
      if (isCurrent(resource, now)) await this.#reporter.reportFailure(key, state, error, stopping)
      throw error
    }
    this.#pool.ack(key)
  }

  /** Releases what a deleted resource has left behind. */
  async #cleanUp(key: ResourceKey, signal: AbortSignal): Promise<void> {
    for (const each of [...Object.values(this.#backoffs), this.#refusedTargets, this.#refreshes]) each.forget(key)
    this.#restarts?.schedule(key, undefined)
    const forget = (): Promise<void> => this.#reconciler.forget(key, this.#toRetain.get(key), signal)
    if (!(await this.#cleanups.run(key, forget))) return this.#queue.add(key, PRIORITY.changed)
    this.#toRetain.delete(key)
    this.#options.observer?.removed?.(key)
  }

  /** A resource that is being deleted gets no Secret, no reference, no status and no restart. */
  #stop(key: ResourceKey, state: ResourceState): void {
    clearWork(state)
    this.#refusedTargets.forget(key)
    this.#restarts?.schedule(key, undefined)
    this.#reconciler.stop(key)
  }

  /** Rechecks later, because the namespace may exist again while its watch is behind. */
  #stopInTerminatingNamespace(key: ResourceKey, state: ResourceState): void {
    this.#stop(key, state)
    this.#queue.addAfter(key, TERMINATING_RECHECK_MS, PRIORITY.routine)
    this.#options.observer?.namespaceTerminating?.(key)
  }

  /** @returns undefined where it is too early to say anything */
  async #syncAndReport(key: ResourceKey, state: ResourceState, signal: AbortSignal): Promise<SyncOutcome | undefined> {
    const { clock, observer } = this.#options
    const { resource, changedMs } = state
    state.unsyncedSinceMs ??= clock.monotonic()
    const found = await this.#reconciler.sync(key, resource, signal)
    // What fails from here on is telling of it.
    state.unsyncedSinceMs = undefined
    if (changedMs !== undefined && hasWritten(found)) observer?.changeWritten?.(clock.monotonic() - changedMs)
    if (state.changedMs === changedMs) state.changedMs = undefined
    const outcome = withUnreported(found, state.unreported)
    if (state.unreported && hidesDeletion(found, state.unreported)) {
      this.#reporter.reportSuperseded(key, resource, state.unreported)
    }
    if (!state.waitedForStore && lacksStore(outcome)) {
      // A resource and its store are often applied together, in any order: not worth a warning.
      state.waitedForStore = true
      this.#queue.addAfter(key, STORE_GRACE_MS, PRIORITY.first)
      return undefined
    }
    state.unreported = hasWritten(outcome) ? outcome : undefined
    if (!isLive(resource, this.#states.get(key)?.resource)) throw new StaleReconcileError()
    state.isHealthy = isHealthy(outcome)
    await this.#reporter.report(state, resource, outcome, signal)
    state.unreported = undefined
    this.#restarts?.schedule(key, restartsOf(resource, outcome))
    if (outcome.kind === 'synced' && outcome.corrected) this.#backoffs.drift.corrected(key)
    const retryInMs = this.#refusedTargets.record(key, outcome)
    if (retryInMs !== undefined) this.#queue.addAfter(key, retryInMs, PRIORITY.routine)
    return outcome
  }

  /** Whether a namespace is ours to look after; what others look after in the same cluster is none of our business. */
  #manages(namespace: string): boolean {
    return this.#options.manages?.(namespace) ?? true
  }
}
