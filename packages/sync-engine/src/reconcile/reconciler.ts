import { isSecretSyncError, retryOf, SecretSyncError, type TargetRef } from '@ack-secret-manager/core'
import type { ExternalSecretSpec } from '@ack-secret-manager/resources'
import { type ContentOrigin, originAfter, sourceExistenceOf } from '../decide/cleanup.ts'
import { compile, type PlanDefaults, planReads } from '../plan/compile.ts'
import type { SyncEngineOptions } from '../sync-engine-options.ts'
import { finishReplacements } from './finish-replacements.ts'
import { objectId, planTemplates } from '../plan/template-plan.ts'
import type { RecentDeletions } from './recent-deletions.ts'
import { release } from './release-target.ts'
import type { RenderLimiter } from '../queue/render-limiter.ts'
import { retainTarget } from './retain-target.ts'
import { readyCondition } from './resource-state.ts'
import { isTerminating, type ResourceKey, splitKey, type SyncResource } from '../model/resource.ts'
import type { SourcePool } from '../sources/source-pool.ts'
import { hasWritten, type SyncedOutcome, type SyncOutcome } from '../report/sync-outcome.ts'
import type { SyncPlan } from '../plan/sync-plan.ts'
import { secretsOf, type ReconcileContext, reconcileTarget, targetOf } from './reconcile-target.ts'
import { TurnQueue } from '../queue/turn-queue.ts'
import type { UnacknowledgedWrite } from './unacknowledged-write.ts'
import { waitingReadsError } from './waiting-reads.ts'
import { WriteGuard, type WriteGuardOptions } from './write-guard.ts'

/** Options of a {@link Reconciler}. */
export interface ReconcilerOptions
  extends
    Pick<SyncEngineOptions, 'clock' | 'digester' | 'templating' | 'restarter' | 'cleanUp' | 'confirmAbsence'>,
    Omit<WriteGuardOptions, 'readOwner'>,
    Pick<SyncEngineOptions, 'readOwner'> {
  readonly defaults: PlanDefaults
  readonly pool: SourcePool
  readonly deletions: RecentDeletions
  /** In front of the renderer of `templating`. */
  readonly limiter: RenderLimiter | undefined
  /** A target could not be given up, or its record not be brought up to date; it is to be tried again later. */
  readonly onKept: (key: ResourceKey, error: SecretSyncError) => void
}

/** Takes one resource through the steps from its spec to its target. Knows nothing of when. */
export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #guard: WriteGuard
  /** Where the content of targets comes from, of those that go with it. */
  readonly #origins = new Map<ResourceKey, ContentOrigin>()
  /** Of these, what is kept may be older than what their targets hold. */
  readonly #outdated = new Set<ResourceKey>()
  /** Writes that no answer has come for. */
  readonly #unacknowledged = new Map<ResourceKey, UnacknowledgedWrite>()
  /** A user has requested to read these now. */
  readonly #refreshing = new Set<ResourceKey>()

  /** Long computations of all resources run one per turn of the event loop. */
  readonly #turns = new TurnQueue()

  constructor(options: ReconcilerOptions) {
    this.#options = options
    this.#guard = new WriteGuard(options)
  }

  /** Has the pool know a resource before its turn comes, so that all who need one secret share its first read. */
  announce(key: ResourceKey, resource: SyncResource): void {
    const { spec, namespace } = resource
    if (!spec.ok || spec.value.suspend || isTerminating(resource)) return
    const { pool, resolveStore, defaults } = this.#options
    const { reads, intervalMs } = planReads(spec.value, namespace, resolveStore, defaults)
    pool.subscribe(key, reads, intervalMs)
  }

  /** Another process of ours has written the target: the next sync reads anew, whatever is kept. */
  forceRead(key: ResourceKey): void {
    this.#outdated.add(key)
  }

  /** The next sync reads every secret of the resource, also during a backoff. */
  refresh(key: ResourceKey): void {
    this.#refreshing.add(key)
  }

  /**
   * @throws SecretSyncError where trying again soon can help; RenderQueueFullError where the renderer has too much to do;
   * AwaitedTargetError where others may create the target first; StaleReconcileError when the resource or a store changes meanwhile
   */
  async sync(key: ResourceKey, resource: SyncResource, signal: AbortSignal): Promise<SyncOutcome> {
    const { onKept } = this.#options
    const writer = this.#guard.writerFor(resource)
    const finish = (): Promise<boolean> => finishReplacements(writer, resource, 'exists', signal)
    try {
      // Before anything is read: a workload may be waiting for its Secret.
      await finish()
    } catch (error) {
      // What is refused now comes up again below, unless what is wanted by now can be written.
      if (!isSecretSyncError(error) || (retryOf(error.code) === 'transient' && error.code !== 'WriteFailed'))
        throw error
    }
    const outcome = await this.#sync(key, resource, signal)
    if (outcome.kind === 'refused') await this.#updateDeletionPolicy(key, resource, outcome.error, signal)
    try {
      // Without a watch, what a crash has left is only found on the way.
      return (await finish()) && !hasWritten(outcome) ? await this.#sync(key, resource, signal) : outcome
    } catch (error) {
      const isThere = outcome.kind !== 'suspended' && outcome.target?.uid !== undefined
      if (!isThere || !isSecretSyncError(error)) throw error
      onKept(key, error)
      return outcome
    }
  }

  async #sync(key: ResourceKey, resource: SyncResource, signal: AbortSignal): Promise<SyncOutcome> {
    const { pool, limiter, digester, resolveStore, defaults, deletions } = this.#options
    if (!resource.spec.ok) {
      return this.#stopReading(key, { kind: 'refused', error: resource.spec.error, secrets: [], target: undefined })
    }
    const spec = resource.spec.value
    if (spec.suspend) return this.#stopReading(key, { kind: 'suspended' })
    const { template } = spec.target
    // Before anything is compiled or read in vain.
    if (template && planTemplates(template, resource.namespace)) limiter?.check(key)
    const pause = (): Promise<void> => this.#pause(resource.namespace, signal)
    let plan: SyncPlan
    try {
      plan = await compile(spec, resource.namespace, resolveStore, defaults, pause)
    } catch (error) {
      return this.#stopReading(key, refusedFor(error, spec))
    }
    pool.subscribe(key, plan.reads, plan.intervalMs)
    const target = targetOf(resource, spec)
    const writer = this.#guard.writerFor(resource, plan)
    const before = await this.#observe(key, resource, target, signal)
    if (!before && spec.target.creationPolicy === 'Merge') deletions.assertNotAwaited(target)
    // Right before the values, which then share these reads.
    if (this.#refreshing.delete(key)) pool.refreshNow(key)
    const readings = await this.#values(key, plan, signal)
    let rendering: ReconcileContext['rendering']
    try {
      rendering = await this.#rendering(key, plan, signal)
    } catch (error) {
      return refusedFor(error, spec)
    }
    const missing = hadTarget(resource, target)
    const restarts = this.#options.restarter !== undefined
    const context = {
      resource,
      spec,
      plan,
      readings,
      rendering,
      before,
      writer,
      digester,
      signal,
      missing,
      restarts,
      pause,
      confirmAbsence: this.#options.confirmAbsence ?? true,
      unacknowledged: this.#unacknowledged.get(key),
      onUnacknowledged: (write: UnacknowledgedWrite) => this.#unacknowledged.set(key, write),
    }
    const outcome = await (this.#options.cleanUp === true
      ? this.#syncOrCleanUp(key, context)
      : reconcileTarget(context))
    if (outcome.kind === 'synced' && outcome.action !== 'wait') this.#unacknowledged.delete(key)
    // Also what is only reported must be true now.
    if (!hasWritten(outcome)) this.#guard.assertCurrent(resource, plan)
    if (outcome.kind === 'synced' && outcome.target.uid !== undefined) {
      await this.#releaseFormer(key, resource, outcome, signal)
    }
    return outcome
  }

  /** @throws SecretSyncError as `SourcePool.values`; at the deadline of the sync it says what the reads wait for */
  async #values(key: ResourceKey, { reads }: SyncPlan, signal: AbortSignal) {
    const { pool, clock } = this.#options
    const startedMs = clock.monotonic()
    try {
      return await pool.values(key, reads, { signal, force: this.#outdated.delete(key) })
    } catch (error) {
      throw waitingReadsError(reads, { pool, signal, waitedMs: clock.monotonic() - startedMs }) ?? error
    }
  }

  /**
   * The watch shows no Secret without our label. Where it may miss the target, the API server is asked: a create would
   * fail with a conflict each time.
   */
  async #observe(key: ResourceKey, resource: SyncResource, target: TargetRef, signal: AbortSignal) {
    const { writer } = this.#options
    const isRefused = readyCondition(resource)?.reason === 'TargetConflict'
    const fresh = isRefused || this.#outdated.has(key)
    const observed = await writer.observe(target, { signal, fresh })
    if (observed || fresh || !hadTarget(resource, target)) return observed
    return writer.observe(target, { signal, fresh: true })
  }

  /** Stops reading for a resource that is being deleted. What it holds is released when it is gone. */
  stop(key: ResourceKey): void {
    this.#unsubscribe(key)
  }

  /** Gives up what a resource that is gone has left behind, as `last` asked if it is given. @throws SecretSyncError as the writer */
  async forget(key: ResourceKey, last: SyncResource | undefined, signal: AbortSignal): Promise<void> {
    const writer = this.#guard.writerForDeleted(key)
    this.#unsubscribe(key)
    this.#origins.delete(key)
    this.#outdated.delete(key)
    this.#unacknowledged.delete(key)
    this.#refreshing.delete(key)
    const [namespace, name] = splitKey(key)
    if (last) await retainTarget(writer, last, signal)
    await finishReplacements(writer, { namespace, name }, 'deleted', signal)
    await release(writer, writer.ownedBy(namespace, name), name, 'deleted', signal)
  }

  /** Nothing is read for a resource that may not be synced, and what it has stays. */
  #stopReading(key: ResourceKey, outcome: SyncOutcome): SyncOutcome {
    this.#unsubscribe(key)
    return outcome
  }

  #unsubscribe(key: ResourceKey): void {
    this.#options.pool.unsubscribe(key)
    this.#options.templating?.sources.forget(key)
  }

  async #syncOrCleanUp(key: ResourceKey, context: ReconcileContext): Promise<SyncOutcome> {
    const { plan, readings } = context
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

  /** What the templates of a plan are rendered with. */
  async #rendering(
    key: ResourceKey,
    { templates }: SyncPlan,
    signal: AbortSignal,
  ): Promise<ReconcileContext['rendering']> {
    const { templating, limiter } = this.#options
    if (!templating) return undefined
    if (!templates) {
      templating.sources.forget(key)
      return undefined
    }
    const { objects } = templates
    const contents = await templating.sources.read(key, objects, { signal })
    return {
      renderer: limiter?.of(key) ?? templating.renderer,
      contents: new Map(objects.map((object, index) => [objectId(object), contents[index]])),
    }
  }

  /** A target whose content is refused is yet to stay, or to go with its resource, as the spec says by now. */
  async #updateDeletionPolicy(key: ResourceKey, resource: SyncResource, refusal: SecretSyncError, signal: AbortSignal) {
    const { onKept } = this.#options
    const writer = this.#guard.writerFor(resource)
    // Whoever does not let the content be written does not let this be.
    if (!resource.spec.ok || refusal.code === 'WriteDenied') return
    try {
      await retainTarget(writer, resource, signal)
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      onKept(key, error)
    }
  }

  /** After a change of `target.name` the former target is treated as if its resource had gone. */
  async #releaseFormer(
    key: ResourceKey,
    resource: SyncResource,
    { target }: SyncedOutcome,
    signal: AbortSignal,
  ): Promise<void> {
    const { namespace, name } = resource
    const writer = this.#guard.writerFor(resource)
    const former = writer.ownedBy(namespace, name).filter((held) => held.target.name !== target.name)
    try {
      await release(writer, former, name, 'moved', signal)
    } catch (error) {
      if (!isSecretSyncError(error) || retryOf(error.code) === 'transient') throw error
      // The new target is as it should be.
      this.#options.onKept(key, error)
    }
  }
}

/** Whether the status names the target as written. */
function hadTarget({ status }: SyncResource, { name }: TargetRef): boolean {
  return status?.target?.name === name
}

/** An error as an outcome, or thrown again where trying again soon can help. */
function refusedFor(error: unknown, spec: ExternalSecretSpec): SyncOutcome {
  if (!isSecretSyncError(error) || retryOf(error.code) === 'transient') throw error
  return { kind: 'refused', error, secrets: secretsOf(spec), target: undefined }
}
