import { isDeepStrictEqual } from 'node:util'
import {
  isSecretSyncError,
  parseDuration,
  ReferenceIndex,
  SecretSyncError,
  type TemplateRenderer,
} from '@ack-secret-manager/core'
import {
  type EventRecorder,
  type KubeClient,
  type ObjectChange,
  Reflector,
  type ReflectorFault,
  type RefreshOptions,
} from '@ack-secret-manager/k8s-client'
import { type Condition, PUSH_FINALIZER, resourcesPath, type StoreRef } from '@ack-secret-manager/resources'
import { storeKeyOf, type StoreRegistry } from '@ack-secret-manager/stores'
import { DriftBackoff, PRIORITY } from '@ack-secret-manager/sync-engine'
import { countByReady } from '../../status/ready-status.ts'
import { type LaneRun, PushLanes } from '../../push/limits/push-lanes.ts'
import type { PushQuota } from '../../push/limits/push-quota.ts'
import { SilentEndpoints } from '../../push/limits/silent-endpoints.ts'
import { failureOf, type PushReport, pushStatus } from '../../push/push-status.ts'
import { admits, type NamespaceFilter } from '../shared/namespace-filter.ts'
import type { StoreName } from '../secret-store/cached-store.ts'
import { type CachedPushSecret, isUnchanged, toCachedPushSecret } from './cached-push-secret.ts'
import { HandOver, type RunSignals } from './hand-over.ts'
import { LoopCheck, type LoopCheckOptions } from './loop-check.ts'
import { PushRun, type PushRunOptions } from './push-run.ts'
import { PushSecretReporter } from './push-secret-reporter.ts'

export interface PushSecretControllerOptions
  extends
    Omit<PushRunOptions, 'client' | 'stores' | 'quota' | 'renderer' | 'reporter' | 'loops' | 'silent' | 'mayPush'>,
    Pick<LoopCheckOptions, 'domainOf' | 'writersOf'> {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'stream' | 'mergePatch'>
  readonly stores: Pick<StoreRegistry, 'pushTarget' | 'pushConnection'>
  readonly quota: PushRunOptions['quota'] & Pick<PushQuota, 'sharesChanged'>
  /** Closed at the end of {@link PushSecretController.run}. */
  readonly renderer: Pick<TemplateRenderer, 'render' | 'close'>
  readonly namespaces: NamespaceFilter
  readonly events: Pick<EventRecorder, 'record'>
  readonly random: () => number
  /** Whether this process owns the quota domain of the store that a PushSecret names. */
  readonly owns: (resource: CachedPushSecret) => boolean
  /** Whether leadership is confirmed, so that this process may write. */
  readonly isFenceOpen: () => boolean
  readonly onReport: (resource: CachedPushSecret, report: PushReport) => void
  readonly onForgotten: (key: string) => void
  readonly onError: (resource: string, error: SecretSyncError, retryInMs: number) => void
  readonly onFault: (fault: ReflectorFault) => void
}

const DEFAULT_INTERVAL_MS = 3_600_000
/** Retry of a failure that only a user can end. */
const FAILED_INTERVAL_MS = 600_000
/** Shortest time between two runs for changes, because each run may create a version, and KMS keeps ten. */
const MIN_PAUSE_MS = 5_000
const CONFLICT_RETRY_MS = 1_000

/** Cached fields of a Secret, which never include its data. */
interface SecretFacts {
  readonly resourceVersion: string
}

/** Pushes Secrets to KMS as the leader. Level-triggered: an event only says which PushSecret to process. */
export class PushSecretController {
  readonly #options: PushSecretControllerOptions
  readonly #reflector: Reflector<CachedPushSecret>
  readonly #secrets: Reflector<SecretFacts>
  readonly #lanes: PushLanes
  readonly #run: PushRun
  readonly #reporter: PushSecretReporter
  readonly #references = new ReferenceIndex()
  /** Status that this process wrote last, to detect edits by other clients. */
  readonly #written = new Map<string, unknown>()
  readonly #statusDrift: DriftBackoff
  /** Backoff for finalizers that another client keeps removing. */
  readonly #finalizerDrift: DriftBackoff
  readonly #handOver: HandOver
  /** Monotonic time of the last run. */
  readonly #lastRunMs = new Map<string, number>()
  /** PushSecrets that this process has begun to process and still owns, so that the lanes hold their next run. */
  readonly #taken = new Set<string>()
  #isLeading = false

  constructor(options: PushSecretControllerOptions) {
    this.#options = options
    const { client, namespaces, clock, random, onError, onFault } = options
    const watched = namespaces.watch.length > 0 ? { namespaces: namespaces.watch } : {}
    this.#reporter = new PushSecretReporter(options)
    this.#handOver = new HandOver(clock)
    this.#statusDrift = new DriftBackoff(clock)
    this.#finalizerDrift = new DriftBackoff(clock)
    this.#reflector = new Reflector<CachedPushSecret>({
      client,
      path: resourcesPath('PushSecret'),
      ...watched,
      project: (raw) => toCachedPushSecret(raw, this.#reflector.get(`${raw.metadata.namespace}/${raw.metadata.name}`)),
      onChange: (change) => this.#onChange(change),
      onFault,
    })
    this.#secrets = new Reflector<SecretFacts>({
      client,
      path: '/api/v1/secrets',
      ...watched,
      metadataOnly: true,
      project: ({ metadata: { resourceVersion = '' } }) => ({ resourceVersion }),
      onChange: ({ key }) => this.#onSecretChange(key),
      onFault,
    })
    this.#run = new PushRun({
      ...options,
      reporter: this.#reporter,
      silent: new SilentEndpoints(clock),
      loops: new LoopCheck(options),
      mayPush: (resource) => {
        const latest = this.#reflector.get(`${resource.namespace}/${resource.name}`)
        return options.isFenceOpen() && this.#isOurs(resource) && isUnchanged(resource, latest)
      },
    })
    this.#lanes = new PushLanes({
      process: (key, run) => this.#process(key, run),
      laneOf: (key) => this.#laneOf(key),
      onTimeout: (key, error, signal) => this.#reportTimeout(key, error, signal),
      onError: (key, error, retryInMs) => {
        if (error.code !== 'Cancelled') onError(key, error, retryInMs)
      },
      clock,
      random,
    })
  }

  /** PushSecrets by the status of their Ready condition. */
  stats(): Readonly<Record<Condition['status'], number>> {
    return countByReady(this.#reflector.values())
  }

  /** Runs until the signal aborts. The caller does not wait for the caches, because the CRD may not be installed. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#reflector.run({ signal }), this.#secrets.run({ signal })])
    await this.close(0)
    await this.#options.renderer.close()
  }

  /** As of {@link Reflector}. */
  refresh(options: RefreshOptions): Promise<void> {
    return this.#reflector.refresh(options)
  }

  /** Starts writing, as the leader, and processes what this process newly owns. Others keep their next run: any tenant can cause a call. */
  reassign(): void {
    this.#options.quota.sharesChanged()
    if (!this.#isLeading) void this.#start()
    this.#isLeading = true
    for (const [key, resource] of this.#reflector.entries()) {
      if (!this.#isOurs(resource)) this.#taken.delete(key)
      else if (!this.#taken.has(key)) this.#add(key)
    }
  }

  /** Resolves when this process has ended its writes for PushSecrets that it no longer owns. */
  async written(): Promise<void> {
    const lost = [...this.#reflector.entries()].filter(([, resource]) => !this.#isOurs(resource))
    const keys = lost.map(([key]) => key)
    await this.#handOver.leave(keys, () => Promise.all(keys.map((key) => this.#lanes.drop(key))))
  }

  /** A store, or the namespaces that may use it, have changed. */
  storeChanged(store: StoreName): void {
    const changed = `${store.namespace}/${store.name}`
    for (const [key, resource] of this.#reflector.entries()) {
      if (storesOf(resource).some((ref) => storeKeyOf(ref, resource.namespace) === changed)) this.#add(key)
    }
  }

  /** The labels of a namespace have changed. @param isConcerned whether they give it access to a store, or take it */
  namespaceChanged(namespace: string, isConcerned: (ref: StoreRef) => boolean): void {
    for (const [key, { parsed, namespace: home }] of this.#reflector.entries()) {
      if (home === namespace && parsed.ok && isConcerned(parsed.resource.spec.secretStoreRef)) this.#add(key)
    }
  }

  /** Stops after the writes in progress, aborting them after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#isLeading = false
    await this.#lanes.close(graceMs)
  }

  /** Waits for the first list of Secrets, because each of them would cause a run otherwise. */
  async #start(): Promise<void> {
    try {
      await this.#secrets.synced
    } catch (error) {
      // The process stops before the list is complete, which is no failure.
      if (isSecretSyncError(error) && error.code === 'Cancelled') return
      throw error
    }
    this.#lanes.start()
  }

  #isOurs(resource: CachedPushSecret): boolean {
    return this.#isLeading && admits(this.#options.namespaces, resource.namespace) && this.#options.owns(resource)
  }

  #onChange(change: ObjectChange<CachedPushSecret>): void {
    const { key } = change
    if (change.kind === 'deleted') {
      this.#references.set(key, [])
      for (const known of [this.#written, this.#lastRunMs, this.#taken]) known.delete(key)
      for (const drift of [this.#statusDrift, this.#finalizerDrift]) drift.forget(key)
      this.#options.onForgotten(key)
      void this.#lanes.drop(key)
      return
    }
    const { object } = change
    const { namespace, parsed } = object
    this.#references.set(key, parsed.ok ? [`${namespace}/${parsed.resource.spec.selector.name}`] : [])
    if (!this.#isOurs(object)) return
    const before = change.kind === 'updated' ? change.previous : undefined
    const isSame =
      before?.generation === object.generation &&
      before.terminating === object.terminating &&
      before.refreshNow === object.refreshNow
    const lostFinalizer =
      before?.finalizers.includes(PUSH_FINALIZER) === true && !object.finalizers.includes(PUSH_FINALIZER)
    if (object.terminating && before?.terminating !== true) this.#lanes.add(key, PRIORITY.changed)
    else if (!isSame) this.#add(key)
    else if (lostFinalizer) this.#add(key, this.#finalizerDrift.dueInMs(key))
    else if (!isDeepStrictEqual(object.status, before?.status)) this.#repairStatus(key, object)
  }

  /** Restores a status that another client has changed, with a backoff, because deletions use the record in the status. */
  #repairStatus(key: string, { status }: CachedPushSecret): void {
    const written = this.#written.get(key)
    if (written === undefined || isDeepStrictEqual(status, written)) return
    this.#lanes.addAfter(key, Math.max(MIN_PAUSE_MS, this.#statusDrift.dueInMs(key)), PRIORITY.routine)
  }

  #onSecretChange(secret: string): void {
    for (const key of this.#references.ownersOf(secret)) {
      const resource = this.#reflector.get(key)
      if (resource === undefined || !this.#isOurs(resource)) continue
      this.#add(key)
    }
  }

  #add(key: string, pauseMs = 0): void {
    const sinceMs = this.#options.clock.monotonic() - (this.#lastRunMs.get(key) ?? -Infinity)
    this.#lanes.addAfter(key, Math.max(pauseMs, MIN_PAUSE_MS - sinceMs), PRIORITY.changed)
  }

  #laneOf(key: string): string {
    const { namespace, parsed } = this.#reflector.get(key) ?? {}
    if (namespace === undefined || parsed?.ok !== true) return ''
    const target = this.#options.stores.pushConnection({ namespace, ref: parsed.resource.spec.secretStoreRef })
    return target === undefined ? '' : JSON.stringify([target.endpoint, target.quota.account])
  }

  async #process(key: string, run: LaneRun): Promise<void> {
    const cached = this.#reflector.get(key)
    if (cached === undefined || !this.#isOurs(cached)) {
      this.#taken.delete(key)
      return
    }
    this.#taken.add(key)
    this.#lastRunMs.set(key, this.#options.clock.monotonic())
    await this.#handOver.run(key, run, (signals) => this.#reconcile(key, cached, signals))
  }

  async #reconcile(key: string, cached: CachedPushSecret, signals: RunSignals): Promise<void> {
    const end = await this.#run.reconcile(cached, signals)
    if (end.kind === 'released') return
    if (end.kind === 'superseded') return this.#lanes.addAfter(key, CONFLICT_RETRY_MS, PRIORITY.changed)
    const { resource, report } = end
    if (await this.#writeReport(key, resource, report, signals.signal)) this.#requeue(key, resource, report)
  }

  /** Writes the status of a run that timed out before it wrote one, because the next run may time out as well. */
  async #reportTimeout(key: string, error: SecretSyncError, signal: AbortSignal): Promise<void> {
    const cached = this.#reflector.get(key)
    if (cached === undefined || !this.#isOurs(cached) || !this.#options.isFenceOpen()) return
    const message = `${error.message}; the next run begins again: divide spec.data among several PushSecrets`
    const problem = { ...failureOf(error), message }
    await this.#handOver.run(key, { signal }, async (signals) => {
      await this.#writeReport(key, cached, { problem }, signals.signal)
    })
  }

  /** @returns false if the resource has changed, so that it is processed again */
  async #writeReport(
    key: string,
    resource: CachedPushSecret,
    report: PushReport,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { generation, status: old } = resource
    const change = pushStatus(report, { generation, old, nowMs: this.#options.clock.now() })
    this.#written.set(key, old)
    if (change !== undefined) {
      const stored = await this.#reporter.writeStatus(resource, change.status, signal)
      if (stored === undefined) {
        this.#lanes.addAfter(key, CONFLICT_RETRY_MS, PRIORITY.changed)
        return false
      }
      this.#written.set(key, stored.status)
      if (change.event) this.#reporter.recordEvent(resource, change.event)
    }
    this.#options.onReport(resource, report)
    return true
  }

  /** @throws SecretSyncError for a transient failure, so that the queue backs off */
  #requeue(key: string, { parsed }: CachedPushSecret, report: PushReport): void {
    const { problem, outcomes = [], failures = [] } = report
    const all = [...(problem ? [problem] : []), ...failures, ...outcomes.flatMap(({ failure }) => failure ?? [])]
    const transient = all.find(({ isTransient }) => isTransient)
    if (transient !== undefined) throw new SecretSyncError('Unavailable', transient.message)
    const interval = parsed.ok ? parsed.resource.spec.refreshInterval : undefined
    const intervalMs = (interval === undefined ? undefined : parseDuration(interval)) ?? DEFAULT_INTERVAL_MS
    this.#lanes.addAfter(
      key,
      all.length === 0 ? intervalMs : Math.min(intervalMs, FAILED_INTERVAL_MS),
      PRIORITY.routine,
    )
  }
}

/** The stores that a PushSecret writes through, or has to delete a KMS secret through. */
function storesOf({ parsed, status }: CachedPushSecret): readonly StoreRef[] {
  const deleting = status?.secrets.filter(({ state }) => state === 'Deleting') ?? []
  const written = parsed.ok ? [parsed.resource.spec.secretStoreRef] : []
  return [...written, ...deleting.map(({ secretStoreRef }) => secretStoreRef)]
}
