import {
  isSecretSyncError,
  type ObservedSecret,
  type ReadDemand,
  retryOf,
  SecretSyncError,
} from '@ack-secret-manager/core'
import { type ContentOrigin, originAfter, sourceExistenceOf } from '../decide/cleanup.ts'
import type { Observation } from '../decide/observation.ts'
import { Finder } from '../find/finder.ts'
import { type PlannedGenerator, planGenerators } from '../generate/generated-plan.ts'
import { LostValues } from '../generate/lost-values.ts'
import { SteadyClock } from '../generate/steady-clock.ts'
import { compile, demandOf, heldFound, type PlanDefaults, planReads } from '../plan/compile.ts'
import { type HeldNames, heldNames } from '../model/held-names.ts'
import type { SyncEngineOptions } from '../sync-engine-options.ts'
import { finishReplacements } from './release/finish-replacements.ts'
import { checkRendering, renderingOf } from './rendering.ts'
import type { RecentDeletions } from './release/recent-deletions.ts'
import { TargetReleases, type TargetReleasesOptions } from './release/target-releases.ts'
import type { RenderLimiter } from '../queue/render-limiter.ts'
import { type ReadOptions, ResourceReads } from './resource-reads.ts'
import { type GoneResource, retainTarget } from './release/retain-target.ts'
import { isTerminating, type ResourceKey, resourceKey, type SyncResource } from '../model/resource.ts'
import { findsOf } from '@ack-secret-manager/resources'
import type { SourcePool } from '../sources/source-pool.ts'
import type { SweepPool } from '../sweeps/sweep-pool.ts'
import { hasWritten, type SyncOutcome, writtenSources } from '../report/sync-outcome.ts'
import type { SyncPlan } from '../plan/sync-plan.ts'
import { hadTarget, type ObserveRequest, observeTarget } from './target/observe-target.ts'
import { type ReconcileContext, targetOf } from './target/reconcile-context.ts'
import { reconcileTarget } from './target/reconcile-target.ts'
import { TurnQueue } from '../queue/turn-queue.ts'
import { refusedFor } from './target/target-outcome.ts'
import { ValuesNeededError } from './guard/values-needed-error.ts'
import { UnverifiedTargets } from './target/unverified-targets.ts'
import { WriteGuard, type WriteGuardOptions } from './guard/write-guard.ts'

export interface ReconcilerOptions
  extends
    Pick<TargetReleasesOptions, 'onKept'>,
    Pick<
      SyncEngineOptions,
      'clock' | 'createGenerator' | 'digester' | 'onDemand' | 'templating' | 'restarter' | 'cleanUp' | 'confirmAbsence'
    >,
    WriteGuardOptions {
  readonly defaults: PlanDefaults
  readonly pool: SourcePool
  readonly sweeps: SweepPool
  readonly deletions: RecentDeletions
  /** The target of a resource may be adopted once these resources are deleted. */
  readonly awaitDeletion: (key: ResourceKey, owners: readonly ResourceKey[]) => void
  /** Limits access to the renderer of `templating`. */
  readonly limiter: RenderLimiter | undefined
}

/** How one sync is tried. */
type Attempt = Pick<ReconcileContext, 'signal' | 'pendingRestart' | 'finishError'> &
  Partial<Pick<ReadOptions, 'readAll'>>

/** Syncs one resource from its spec to its target. Does no scheduling. */
export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #lostValues: LostValues
  /** Context that all syncs share. */
  readonly #shared: Pick<ReconcileContext, 'digester' | 'clocks' | 'lostValues' | 'restarts' | 'confirmAbsence'>
  readonly #guard: WriteGuard
  readonly #releases: TargetReleases
  readonly #finder: Finder
  /** The sources of targets that are deleted with their secrets. */
  readonly #origins = new Map<ResourceKey, ContentOrigin>()
  readonly #reads: ResourceReads
  readonly #unverified = new UnverifiedTargets()
  /** Long computations of all resources run one per turn of the event loop. */
  readonly #turns = new TurnQueue()

  constructor(options: ReconcilerOptions) {
    this.#options = options
    const { clock, digester, restarter, confirmAbsence = true } = options
    const clocks = [clock, new SteadyClock(clock)] as const
    this.#lostValues = new LostValues(clock)
    this.#shared = { digester, clocks, lostValues: this.#lostValues, restarts: restarter !== undefined, confirmAbsence }
    this.#guard = new WriteGuard(options)
    this.#releases = new TargetReleases({ guard: this.#guard, onKept: options.onKept })
    this.#finder = new Finder(options)
    this.#reads = new ResourceReads(options)
  }

  /**
   * Subscribes a resource before its first sync, so that resources with a common secret share the first read.
   * @returns the number of its reads
   */
  announce(key: ResourceKey, resource: SyncResource): number {
    const { spec } = resource
    if (!spec.ok || spec.value.suspend || isTerminating(resource)) return 0
    const { pool, resolveStore, defaults } = this.#options
    const held = this.#heldNames(resource)
    const { reads, intervalMs } = planReads(resource, spec.value, resolveStore, defaults, held)
    pool.subscribe(key, reads, intervalMs)
    return reads.length
  }

  /** The secrets that a resource reads, according to its spec and the records of its targets. */
  demandOf(resource: SyncResource): ReadDemand {
    const { spec, namespace } = resource
    const found = spec.ok ? heldFound(spec.value, namespace, this.#heldNames(resource)) : []
    return demandOf(resource, found)
  }

  /** Another replica wrote the target: the next sync rereads all sources. */
  forceRead(key: ResourceKey): void {
    this.#reads.force(key)
  }

  /** The next sync reads every secret of the resource, even during a backoff. */
  refresh(key: ResourceKey): void {
    this.#reads.refresh(key)
    this.#lostValues.forget(key)
  }

  /**
   * @throws SecretSyncError if a retry can help; RendererBusyError if the renderer is busy; AwaitedTargetError if others may
   * create the target first; StaleReconcileError if the resource or a store changed during the sync
   */
  async sync(
    key: ResourceKey,
    resource: SyncResource,
    context: Pick<ReconcileContext, 'signal' | 'pendingRestart'>,
  ): Promise<SyncOutcome> {
    const { signal } = context
    const { onKept } = this.#options
    const writer = this.#guard.writerFor(resource)
    const finish = (): Promise<boolean> => finishReplacements(writer, resource, 'exists', signal)
    let finishError: SecretSyncError | undefined
    try {
      // Before any read, because a workload may be waiting for its Secret.
      await finish()
    } catch (error) {
      // A permanent failure occurs again below, unless the current spec can be written.
      if (!isSecretSyncError(error) || (retryOf(error.code) === 'transient' && error.code !== 'WriteFailed'))
        throw error
      finishError = error
      this.#unverified.failed(key, error)
    }
    const outcome = await this.#withPolicy(
      resource,
      await this.#sync(key, resource, { ...context, finishError }),
      signal,
    )
    try {
      // Without a watch, an interrupted replacement is only found by the sync.
      return (await finish()) && !hasWritten(outcome) ? await this.#sync(key, resource, context) : outcome
    } catch (error) {
      const isThere = outcome.kind !== 'suspended' && outcome.target?.uid !== undefined
      if (!isThere || !isSecretSyncError(error)) throw error
      onKept(key, error)
      return outcome
    }
  }

  /** A status with the new generation must not suggest that a deletion policy is in effect which the API server has denied. */
  async #withPolicy(resource: SyncResource, outcome: SyncOutcome, signal: AbortSignal): Promise<SyncOutcome> {
    const { spec } = resource
    if (outcome.kind === 'synced' || !spec.ok) return outcome
    // If the API server denied the content it will deny this patch too.
    if (outcome.kind === 'refused' && outcome.error.code === 'WriteDenied') return outcome
    try {
      await retainTarget(this.#guard.writerFor(resource), resource, signal)
      return outcome
    } catch (error) {
      return refusedFor(error, spec.value)
    }
  }

  async #sync(key: ResourceKey, resource: SyncResource, attempt: Attempt): Promise<SyncOutcome> {
    if (!resource.spec.ok) {
      return this.#stopReading(key, { kind: 'refused', error: resource.spec.error, secrets: [], target: undefined })
    }
    const spec = resource.spec.value
    if (spec.suspend) return this.#stopReading(key, { kind: 'suspended' })
    try {
      return await this.#syncOnce(key, { resource, spec }, attempt)
    } catch (error) {
      if (!(error instanceof ValuesNeededError)) throw error
      return this.#syncOnce(key, { resource, spec }, { ...attempt, readAll: true })
    }
  }

  /** @throws ValuesNeededError unless `readAll` */
  async #syncOnce(
    key: ResourceKey,
    { resource, spec }: Pick<ReconcileContext, 'resource' | 'spec'>,
    { readAll = false, ...attempt }: Attempt,
  ): Promise<SyncOutcome> {
    const { signal } = attempt
    const { pool, resolveStore, defaults, deletions } = this.#options
    checkRendering(key, resource, spec, this.#options)
    const pause = (): Promise<void> => this.#pause(resource.namespace, signal)
    const target = targetOf(resource, spec)
    const finds = findsOf(spec).length > 0
    const written = this.#unverified.contextOf(key)
    const observe = () => this.#observe({ key, resource, target, signal })
    const observed = finds ? await observe() : undefined
    let plan: SyncPlan
    let generators: readonly PlannedGenerator[]
    try {
      generators = planGenerators(spec, this.#options.createGenerator, this.#options.writer, resource.namespace)
      const sinceMs = this.#reads.isRefresh(key) ? this.#options.clock.monotonic() : undefined
      const held = this.#heldNames(resource, observed?.secret)
      const request = { key, namespace: resource.namespace, spec, held, heldLater: this.#heldLater(resource) }
      const found = await this.#finder.find({ ...request, sinceMs, pause, signal })
      if (finds) this.#options.onDemand?.(demandOf(resource, found))
      plan = await compile(spec, resource.namespace, resolveStore, defaults, pause, found)
    } catch (error) {
      const outcome = refusedFor(error, spec)
      if (!finds) return this.#stopReading(key, outcome)
      // Its lists are still swept, because a change of a list can end the refusal.
      pool.unsubscribe(key)
      return outcome
    }
    pool.subscribe(key, plan.reads, plan.intervalMs)
    const writer = this.#guard.writerFor(resource, plan, pause)
    const { secret: before, inspected } = observed ?? (await observe())
    if (!before && spec.target.creationPolicy === 'Merge') deletions.assertNotAwaited(target)
    const readings = await this.#reads.values(key, plan, {
      readAll,
      signal,
      target: { observed: before, ownerName: resource.name, digestKeyId: this.#options.digester.keyId },
    })
    let rendering: ReconcileContext['rendering']
    try {
      rendering = await renderingOf(key, plan, { ...this.#options, signal })
    } catch (error) {
      return refusedFor(error, spec)
    }
    const context = {
      ...this.#shared,
      ...attempt,
      ...written,
      resource,
      spec,
      plan,
      readings,
      generators,
      rendering,
      before,
      isInspected: inspected,
      writer,
      missing: hadTarget(resource, target),
      pause,
    }
    const outcome = await this.#syncOrCleanUp(key, context)
    this.#unverified.ended(key, outcome)
    if (finds) pool.wrote(key, writtenSources(outcome, spec))
    // A status must not be reported for an outdated resource either.
    if (!hasWritten(outcome)) await this.#guard.checkCurrent(resource, plan, pause)
    if (outcome.kind === 'synced' && outcome.target.uid !== undefined) {
      await this.#releases.ofFormerName(key, resource, outcome.target.name, signal)
    }
    return outcome
  }

  #observe(request: Pick<ObserveRequest, 'key' | 'resource' | 'target' | 'signal'>): Promise<Observation> {
    const { writer } = this.#options
    const isForced = this.#reads.isForced(request.key)
    return observeTarget({ ...request, writer, unverified: this.#unverified, isForced })
  }

  /** The secrets of finds that the target has, and those of targets that the resource has not released yet. */
  #heldNames({ namespace, name, spec }: SyncResource, before?: ObservedSecret): HeldNames {
    if (!spec.ok || findsOf(spec.value).length === 0) return heldNames([], name)
    const owned = this.#options.writer.ownedBy(namespace, name)
    return heldNames([before, ...owned.filter(({ target }) => target.name !== before?.target.name)], name)
  }

  /** Reads the held names again at each call. Keeps no reference to the resource, which may have changed by then. */
  #heldLater({ namespace, name }: SyncResource): () => HeldNames {
    return () => heldNames(this.#options.writer.ownedBy(namespace, name), name)
  }

  /** Stops reading for a resource, for example while it is being deleted. Its targets stay. */
  stop(key: ResourceKey): void {
    this.#options.pool.unsubscribe(key)
    this.#options.sweeps.unsubscribe(key)
    this.#options.templating?.sources.forget(key)
    this.#options.limiter?.forget(key)
  }

  /** Stops reading for a resource and forgets it. */
  abandon(key: ResourceKey): void {
    this.stop(key)
    this.#origins.delete(key)
    this.#reads.forget(key)
    this.#unverified.forget(key)
    this.#lostValues.forget(key)
  }

  /** After the last sync of a released resource, which may have subscribed its sources again. */
  abandonUnlessCurrent(key: ResourceKey): void {
    if (this.#options.current(key) === undefined) this.abandon(key)
  }

  /** Releases the targets of a resource that is gone; `last` updates their deletion policy first. @throws SecretSyncError as the writer */
  async forget(key: ResourceKey, gone: GoneResource, signal: AbortSignal): Promise<void> {
    this.abandon(key)
    await this.#releases.ofGone(key, gone, signal)
  }

  /** Stops reading for a resource that cannot be synced; its target stays. */
  #stopReading(key: ResourceKey, outcome: SyncOutcome): SyncOutcome {
    this.stop(key)
    return outcome
  }

  async #syncOrCleanUp(key: ResourceKey, shared: ReconcileContext): Promise<SyncOutcome> {
    const { plan, readings, generators, resource, signal } = shared
    const goneOwners = (names: readonly string[]): Promise<ReadonlySet<string>> => {
      this.#options.awaitDeletion(
        key,
        names.map((name) => resourceKey({ namespace: resource.namespace, name })),
      )
      return this.#guard.goneOwners(resource, names, signal)
    }
    const context = { ...shared, goneOwners }
    // Other values can be read again; generated ones would be lost.
    if (this.#options.cleanUp !== true || generators.length > 0) return reconcileTarget(context)
    const before = this.#origins.get(key)
    const outcome = await reconcileTarget({ ...context, sourceExistence: sourceExistenceOf(plan, readings, before) })
    if (outcome.kind !== 'synced') return outcome
    const origin = originAfter(before, plan, readings, outcome)
    if (origin) this.#origins.set(key, origin)
    else this.#origins.delete(key)
    return outcome
  }

  async #pause(namespace: string, signal: AbortSignal): Promise<void> {
    await this.#turns.next(namespace)
    if (signal.aborted) throw new SecretSyncError('Cancelled', 'the sync was cancelled')
  }
}
