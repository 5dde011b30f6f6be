import { isDeepStrictEqual } from 'node:util'
import type { Clock, SecretSyncError } from '@ack-secret-manager/core'
import {
  type EventRecorder,
  type KubeClient,
  type ObjectChange,
  Reflector,
  type ReflectorFault,
  type RefreshOptions,
} from '@ack-secret-manager/k8s-client'
import { type Condition, resourcePath, resourcesPath } from '@ack-secret-manager/resources'
import { DriftBackoff, PRIORITY, splitKey, WorkQueue } from '@ack-secret-manager/sync-engine'
import { countByReady, type Readiness } from '../../status/ready-status.ts'
import { type NamespacePlan, planNamespace } from './namespace-plan.ts'
import { RolloutTracker, STATUS_DELAY_MS, statusDelayMs } from './rollout-progress.ts'
import { ClusterExternalSecretReporter } from './cluster-external-secret-reporter.ts'
import { clusterExternalSecretReadiness, clusterExternalSecretStatus } from './cluster-external-secret-status.ts'
import { needsWrite, type NamespaceSummary, summarize, withOtherOperators } from './namespace-summary.ts'
import { ExternalSecretWriter, type Operation } from './external-secret-writer.ts'
import type { CachedExternalSecret } from './cached-external-secret.ts'
import { ExternalSecretIndex } from './external-secret-index.ts'
import { admits, type NamespaceFilter } from '../shared/namespace-filter.ts'
import type { Namespace, Namespaces } from '../shared/namespaces.ts'
import { type CachedClusterExternalSecret, toCachedClusterExternalSecret } from './cached-cluster-external-secret.ts'
import { UpstreamFinalizerRemover } from '../shared/upstream-finalizer.ts'

export interface ClusterExternalSecretControllerOptions {
  readonly client: KubeClient
  readonly namespaces: Pick<Namespaces, 'get' | 'entries'>
  readonly filter: NamespaceFilter
  readonly events: Pick<EventRecorder, 'record'>
  readonly clock: Clock
  readonly random: () => number
  /** Called after each write of an ExternalSecret. */
  readonly onOperation: (clusterExternalSecret: string, namespace: string, operation: NonNullable<Operation>) => void
  /** Called at each status update; without `ready` if the resource is deleted or left to another process. */
  readonly onReport: (clusterExternalSecret: string, ready: Readiness | undefined) => void
  readonly onError: (resource: string, error: SecretSyncError, retryInMs: number) => void
  readonly onFault: (fault: ReflectorFault) => void
}

/** Concurrent writes, each in its own namespace. */
const CONCURRENCY = 8

/** When to plan again a deletion that the API server did not confirm. */
const RECHECK_DELETION_MS = 30_000

/**
 * Creates, updates and deletes the ExternalSecrets of ClusterExternalSecrets. Level-triggered: an event only says which namespace to
 * reconcile. Namespaces that are up to date cost no API request.
 */
export class ClusterExternalSecretController {
  readonly #options: ClusterExternalSecretControllerOptions
  readonly #reflector: Reflector<CachedClusterExternalSecret>
  readonly #finalizers: UpstreamFinalizerRemover
  #writer: ExternalSecretWriter
  readonly #reporter: ClusterExternalSecretReporter
  /** Pending writes, by namespace and name of the ClusterExternalSecret. */
  readonly #writes: WorkQueue
  /** Pending status updates, by name. */
  readonly #statusUpdates: WorkQueue
  readonly #externalSecrets = new ExternalSecretIndex()
  readonly #progress: RolloutTracker
  /** Backoff for statuses that another client overwrites. */
  readonly #statusDrift: DriftBackoff
  #leading = false

  constructor(options: ClusterExternalSecretControllerOptions) {
    this.#options = options
    const { client, clock, random, onError, onFault } = options
    this.#writer = new ExternalSecretWriter(client)
    this.#reporter = new ClusterExternalSecretReporter(options)
    this.#progress = new RolloutTracker(clock)
    this.#statusDrift = new DriftBackoff(clock)
    this.#finalizers = new UpstreamFinalizerRemover({
      client,
      pathOf: (name) => resourcePath('ClusterExternalSecret', '', name),
      mayWrite: () => this.#leading,
      onError,
    })
    this.#reflector = new Reflector<CachedClusterExternalSecret>({
      client,
      path: resourcesPath('ClusterExternalSecret'),
      project: (raw) => {
        const { name = '' } = raw.metadata
        this.#finalizers.observe(name, raw.metadata)
        return toCachedClusterExternalSecret(raw, this.#reflector.get(name))
      },
      onChange: (change) => this.#onChange(change),
      onFault,
    })
    this.#writes = new WorkQueue({
      process: (key, signal) => this.#write(key, signal),
      onError: (key, error, retryInMs) => this.#onWriteError(key, error, retryInMs),
      clock,
      random,
      concurrency: CONCURRENCY,
    })
    const review = (name: string, signal: AbortSignal): Promise<void> => this.#updateStatus(name, signal)
    this.#statusUpdates = new WorkQueue({ process: review, onError, clock, random, concurrency: 2 })
  }

  /** Resources by the status of their Ready condition. */
  stats(): Readonly<Record<Condition['status'], number>> {
    return countByReady(this.#reflector.values())
  }

  /** As of {@link Reflector}. */
  refresh(options: RefreshOptions): Promise<void> {
    return this.#reflector.refresh(options)
  }

  /** Starts writing, as the leader. The caches of namespaces and ExternalSecrets must be synced. */
  lead(): void {
    this.#leading = true
    // Another process may have led since the last time.
    this.#writer = new ExternalSecretWriter(this.#options.client)
    for (const queue of [this.#finalizers, this.#writes, this.#statusUpdates]) queue.start()
    this.#finalizers.resume()
    for (const resource of this.#reflector.values()) this.#reconcile(resource)
  }

  /** Stops writing, because another process takes over. Resolves when no write is in progress; {@link lead} resumes. */
  async rest(): Promise<void> {
    this.#leading = false
    await Promise.all([this.#writes, this.#statusUpdates, this.#finalizers].map((queue) => queue.idle()))
    for (const { name } of this.#reflector.values()) this.#options.onReport(name, undefined)
  }

  /** @param states the namespace before and after the change */
  namespaceChanged(name: string, ...states: ReadonlyArray<Namespace | undefined>): void {
    for (const resource of this.#reflector.values()) {
      if (!this.#mightSelect(resource, name)) this.#progress.of(resource).deletedIn.delete(name)
      if (!this.#leading) continue
      const concerns = states.some((state) => state !== undefined && resource.desired?.selects(name, state) === true)
      if (concerns || this.#externalSecrets.ownsAnyIn(resource.uid, name)) this.#reconcileNamespace(resource, name)
    }
  }

  /** @param cached undefined if the ExternalSecret was deleted */
  externalSecretChanged(key: string, cached: CachedExternalSecret | undefined): void {
    const before = this.#externalSecrets.get(key)
    if (before === cached) return
    const [namespace, name] = splitKey(key)
    this.#externalSecrets.set(key, cached)
    const owners = [before?.ownerUid, cached?.ownerUid]
    for (const resource of this.#reflector.values()) {
      if (resource.desired?.externalSecret.name !== name && !owners.includes(resource.uid)) continue
      const { driftedIn, deletedIn } = this.#progress.of(resource)
      const isDeleted = before?.ownerUid === resource.uid && !cached
      // Entries must not outlive the namespace, which may already be deleted.
      if (isDeleted && this.#mightSelect(resource, namespace)) deletedIn.add(namespace)
      if (!this.#leading) continue
      // Set before the repair is queued, cleared when the watch delivers the repaired object.
      if (this.#plan(resource, namespace)?.step.kind === 'update') driftedIn.add(namespace)
      else driftedIn.delete(namespace)
      this.#reconcileNamespace(resource, namespace)
    }
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#reflector.run({ signal })
    await this.close(0)
  }

  /** Stops after the writes in progress, aborting them after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#leading = false
    await Promise.all([this.#writes, this.#statusUpdates, this.#finalizers].map((writes) => writes.close(graceMs)))
  }

  #onChange(change: ObjectChange<CachedClusterExternalSecret>): void {
    if (change.kind === 'deleted') {
      this.#progress.forget(change.key)
      this.#statusDrift.forget(change.key)
      this.#options.onReport(change.key, undefined)
      return
    }
    if (!this.#leading) return
    const isSame = change.kind === 'updated' && change.previous.generation === change.object.generation
    if (!isSame) this.#reconcile(change.object)
    else if (!isDeepStrictEqual(change.object.status, change.previous.status)) this.#repairStatus(change.object)
  }

  /** Rewrites a status that another client changed, with a growing backoff. */
  #repairStatus(resource: CachedClusterExternalSecret): void {
    if (isDeepStrictEqual(resource.status, this.#progress.of(resource).lastWritten)) return
    this.#statusUpdates.addAfter(resource.name, this.#statusDrift.dueInMs(resource.name), PRIORITY.routine)
  }

  /** Reconciles all namespaces now, and updates the status shortly after. */
  #reconcile(resource: CachedClusterExternalSecret): void {
    const { deletedIn } = this.#progress.of(resource)
    for (const namespace of deletedIn) if (!this.#mightSelect(resource, namespace)) deletedIn.delete(namespace)
    this.#enqueuePendingWrites(resource, 0)
    this.#enqueueStatusUpdate(resource)
  }

  /** Reconciles one namespace after a change in it. */
  #reconcileNamespace(resource: CachedClusterExternalSecret, namespace: string): void {
    const plan = this.#plan(resource, namespace)
    const progress = this.#progress.of(resource)
    if (plan && needsWrite(plan)) this.#enqueueWrite(resource, namespace, 0)
    else progress.failures.delete(namespace)
    if (!plan) progress.drift.forget(namespace)
    this.#enqueueStatusUpdate(resource)
  }

  /** Undefined if the ClusterExternalSecret does not apply to the namespace. */
  #plan(
    { desired, terminating }: CachedClusterExternalSecret,
    name: string,
    namespace = this.#options.namespaces.get(name),
  ): NamespacePlan | undefined {
    const { filter } = this.#options
    if (!desired || terminating || !namespace || !admits(filter, name)) return undefined
    return planNamespace(desired.externalSecret, {
      selected: desired.selects(name, namespace),
      keepsUnselected: desired.keepsUnselected,
      terminating: namespace.terminating,
      cached: this.#externalSecrets.view(name, desired.externalSecret),
    })
  }

  /** Whether the caches still give this step, also with this state of the namespace. */
  #isStillPlanned({ step }: NamespacePlan, name: string, namespace: string, live: Namespace): boolean {
    const resource = this.#reflector.get(name)
    const plans = resource ? [this.#plan(resource, namespace), this.#plan(resource, namespace, live)] : [undefined]
    return plans.every((plan) => isDeepStrictEqual(plan?.step, step))
  }

  /** Whether the namespace exists and is selected. An invalid spec may select it again once it is corrected. */
  #mightSelect({ desired }: CachedClusterExternalSecret, name: string): boolean {
    const namespace = this.#options.namespaces.get(name)
    return namespace !== undefined && desired?.selects(name, namespace) !== false
  }

  #enqueueWrite(resource: CachedClusterExternalSecret, namespace: string, minDelayMs: number): void {
    const key = `${namespace}/${resource.name}`
    const pauseMs = Math.max(minDelayMs, this.#progress.of(resource).drift.pauseMs(namespace))
    if (pauseMs === 0) this.#writes.add(key, PRIORITY.changed)
    else this.#writes.addAfter(key, pauseMs, PRIORITY.changed)
  }

  async #write(key: string, signal: AbortSignal): Promise<void> {
    if (!this.#leading) return
    const [namespace, name] = splitKey(key)
    const resource = this.#reflector.get(name)
    const plan = resource && this.#plan(resource, namespace)
    if (!resource?.desired || !plan) return
    const { failures, drift, driftedIn, deletedIn } = this.#progress.of(resource)
    const wasDrift = driftedIn.has(namespace)
    const existedBefore =
      deletedIn.has(namespace) || resource.status?.provisionedNamespaces?.includes(namespace) === true
    const isStillPlanned = (live: Namespace): boolean => this.#isStillPlanned(plan, name, namespace, live)
    const operation = await this.#writer.execute(
      plan.step,
      { owner: resource, desired: resource.desired, namespace, existedBefore, isStillPlanned },
      signal,
    )
    // If the caches are right after all, no further event may arrive.
    if (plan.step.kind === 'delete' && !operation) this.#writes.addAfter(key, RECHECK_DELETION_MS, PRIORITY.changed)
    if (operation === 'created') deletedIn.delete(namespace)
    if (failures.delete(namespace)) this.#enqueueStatusUpdate(resource)
    if (operation === undefined) return
    this.#options.onOperation(name, namespace, operation)
    if (operation !== 'deleted') drift.corrected(namespace)
    if (operation !== 'updated' || !wasDrift) return
    const message = `ExternalSecret ${namespace}/${resource.desired.externalSecret.name} was changed by another client and has been restored; change this ClusterExternalSecret instead`
    this.#reporter.recordEvent(resource, { type: 'Normal', reason: 'DriftCorrected', message })
  }

  #onWriteError(key: string, error: SecretSyncError, retryInMs: number): void {
    const [namespace, name] = splitKey(key)
    const resource = this.#reflector.get(name)
    if (!resource || error.code === 'Cancelled') return
    this.#progress.of(resource).failures.set(namespace, error.message)
    this.#enqueueStatusUpdate(resource)
    this.#options.onError(`${name} in ${namespace}`, error, retryInMs)
  }

  async #updateStatus(name: string, signal: AbortSignal): Promise<void> {
    const resource = this.#reflector.get(name)
    if (!this.#leading || !resource || resource.terminating) return
    const { desired, problem, generation, status: old } = resource
    // Delayed, so that the watch delivers finished writes before they are repeated.
    const summary = this.#enqueuePendingWrites(resource, STATUS_DELAY_MS)
    const progress = this.#progress.of(resource)
    progress.statusDelayMs = statusDelayMs(summary?.pending.length ?? 0)
    const facts = { externalSecretName: desired?.externalSecret.name, problem }
    const nowMs = this.#options.clock.now()
    this.#options.onReport(name, clusterExternalSecretReadiness(summary, facts))
    const change = clusterExternalSecretStatus(summary, { ...facts, generation, old, nowMs })
    progress.lastWritten = change?.status
    if (change && !(await this.#reporter.writeStatus(resource, change, signal))) this.#enqueueStatusUpdate(resource)
    if (desired?.recheckIntervalMs !== undefined)
      this.#statusUpdates.addAfter(name, desired.recheckIntervalMs, PRIORITY.routine)
  }

  /** Plans all namespaces and queues their writes. Undefined if the spec is invalid. */
  #enqueuePendingWrites(resource: CachedClusterExternalSecret, minDelayMs: number): NamespaceSummary | undefined {
    const { namespaces, filter } = this.#options
    const { desired, status } = resource
    if (!desired) return undefined
    const plans = [...namespaces.entries()].flatMap(([name]): [string, NamespacePlan][] => {
      const plan = this.#plan(resource, name)
      return plan ? [[name, plan]] : []
    })
    const summary = summarize(plans, this.#progress.of(resource).failures)
    for (const namespace of summary.pending) this.#enqueueWrite(resource, namespace, minDelayMs)
    return withOtherOperators(summary, status, (name) => {
      const namespace = namespaces.get(name)
      return namespace !== undefined && !admits(filter, name) && desired.selects(name, namespace)
    })
  }

  #enqueueStatusUpdate(resource: CachedClusterExternalSecret): void {
    this.#statusUpdates.addAfter(resource.name, this.#progress.of(resource).statusDelayMs, PRIORITY.routine)
  }
}
