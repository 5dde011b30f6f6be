import type { ReadDemand, SecretSyncError } from '@ack-secret-manager/core'
import {
  type ResourceVersionRollback,
  type KubeClient,
  type KubeObject,
  type ObjectChange,
  objectKey,
  Reflector,
  type ReflectorFault,
  type RefreshOptions,
} from '@ack-secret-manager/k8s-client'
import { resourcePath, resourcesPath } from '@ack-secret-manager/resources'
import { demandOf, splitKey, type SyncEngine, type SyncResource } from '@ack-secret-manager/sync-engine'
import type { ResourceRoutes, Route } from '../../shards/resource-routes.ts'
import type { CacheEntry } from './cache-entry.ts'
import { type CachedExternalSecret, toCachedExternalSecret } from '../cluster-external-secret/cached-external-secret.ts'
import { admits, type NamespaceFilter } from '../shared/namespace-filter.ts'
import { ForeignResources } from './foreign-resources.ts'
import { toSyncResource } from './to-sync-resource.ts'
import { UpstreamFinalizerRemover } from '../shared/upstream-finalizer.ts'

export interface ExternalSecretControllerOptions {
  readonly client: KubeClient
  readonly engine: Pick<SyncEngine, 'upsert' | 'remove' | 'release' | 'orphaned'>
  readonly namespaces: NamespaceFilter
  readonly routes: Pick<ResourceRoutes, 'routeOf' | 'enter' | 'leave'>
  /** Whether this process syncs the resources of a quota domain. */
  readonly owns: (domain: string) => boolean
  /** Whether this process removes finalizers. */
  readonly mayWrite: () => boolean
  /** A resource of this process was deleted. Called before the engine removes it. */
  readonly onDeleted: (key: string) => void
  /** Receives the reads of resources that other processes sync. The engine reports those of this process. */
  readonly onForeignDemand: (demand: ReadDemand) => void
  readonly onFault: (fault: ReflectorFault) => void
  readonly onError: (resource: string, error: SecretSyncError, retryInMs: number) => void
  /** Receives owner and content of each ExternalSecret, undefined once it is deleted. Absent without ClusterExternalSecrets. */
  readonly onCached: ((key: string, cached: CachedExternalSecret | undefined) => void) | undefined
  /** Receives the Secret that each ExternalSecret names as its target, as `namespace/name`; undefined once it is deleted. */
  readonly onTarget: ((key: string, target: string | undefined) => void) | undefined
  /** Called when resourceVersions went backwards, as after an etcd restore; no change is reported after that. */
  readonly onResourceVersionRollback: (rollback: ResourceVersionRollback) => void
}

const PATH = resourcesPath('ExternalSecret')

/** Watches ExternalSecrets and passes those that this process owns to the engine. */
export class ExternalSecretController {
  readonly #options: ExternalSecretControllerOptions
  readonly #reflector: Reflector<CacheEntry>
  readonly #finalizers: UpstreamFinalizerRemover
  readonly #foreign: ForeignResources

  constructor(options: ExternalSecretControllerOptions) {
    this.#options = options
    const { client, namespaces, mayWrite, onFault, onError, onResourceVersionRollback } = options
    this.#finalizers = new UpstreamFinalizerRemover({
      client,
      pathOf: (key) => resourcePath('ExternalSecret', ...splitKey(key)),
      mayWrite,
      onError,
    })
    const watched = namespaces.watch.length > 0 ? { namespaces: namespaces.watch } : {}
    this.#reflector = new Reflector<CacheEntry>({
      client,
      path: PATH,
      ...watched,
      project: (raw) => this.#project(raw),
      onChange: (change) => this.#onChange(change),
      onFault,
      onResourceVersionRollback,
    })
    this.#foreign = new ForeignResources({
      client,
      path: PATH,
      ...watched,
      entries: () => this.#reflector.entries(),
      isOwned: (key, entry) => this.#isOwned(key, entry.route),
      load: (raw) => this.#load(raw),
      onError: (error, retryInMs) => onError('ExternalSecrets of other shards', error, retryInMs),
    })
  }

  /** Resolves when the initial list of ExternalSecrets is complete. */
  get synced(): Promise<void> {
    return this.#reflector.synced
  }

  get hasSynced(): boolean {
    return this.#reflector.hasSynced
  }

  /** As of {@link Reflector}. */
  refresh(options: RefreshOptions): Promise<void> {
    return this.#reflector.refresh(options)
  }

  /** Whether the cache contains the resource. The watch may be late. */
  has(key: string): boolean {
    return this.#reflector.get(key) !== undefined
  }

  /** Starts writing, as the leader. */
  lead(): void {
    this.#finalizers.start()
  }

  /**
   * The domains of this process, or of resources, have changed. Lost resources are released at once.
   * @returns false if the engine lacks an owned resource, which {@link load} must read
   */
  reassign(): boolean {
    const { engine } = this.#options
    let isComplete = true
    for (const [key, entry] of this.#reflector.entries()) {
      const isOwned = this.#isOwned(key, entry.route)
      if (isOwned && entry.spec === undefined) isComplete = false
      if (isOwned || entry.spec === undefined) continue
      entry.spec = undefined
      engine.release(key)
    }
    if (this.#options.mayWrite()) this.#finalizers.resume()
    return isComplete
  }

  /** Reads the specs of resources that this process has taken over. Retries until all are loaded, or the signal aborts. */
  load(signal: AbortSignal, options: { readonly isUrgent: boolean }): Promise<void> {
    return this.#foreign.load(signal, options)
  }

  /** Resolves when all writes that this process may no longer make have ended. */
  async written(): Promise<void> {
    if (!this.#options.mayWrite()) await this.#finalizers.idle()
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#reflector.run({ signal })
    await this.close(0)
  }

  /** Stops after the writes in progress, aborting them after `graceMs`; the engine still receives changes. */
  close(graceMs: number): Promise<void> {
    return this.#finalizers.close(graceMs)
  }

  #isOwned(key: string, route: Route): boolean {
    return admits(this.#options.namespaces, splitKey(key)[0]) && this.#options.owns(route.domain)
  }

  #project(raw: KubeObject): CacheEntry {
    const { onCached, routes, namespaces } = this.#options
    const key = objectKey(raw.metadata)
    const { namespace = '', uid = '', generation = 0 } = raw.metadata
    if (admits(namespaces, namespace)) this.#finalizers.observe(key, raw.metadata)
    const before = this.#reflector.get(key)
    const cached = onCached && toCachedExternalSecret(raw, before?.cached)
    const isSame = before?.uid === uid && before.generation === generation
    // Most events of foreign resources only change the status, so their specs are not parsed.
    if (isSame && before.spec === undefined && !this.#isOwned(key, before.route)) return { ...before, cached }
    // The spec of a generation changes only if an older CRD prunes fields, which must not remove keys.
    const last = isSame && before.spec !== undefined ? { uid, generation, spec: before.spec } : undefined
    const pending = toSyncResource(raw, last)
    const route = isSame ? before.route : routes.routeOf(namespace, pending.spec)
    return { uid, generation, route, spec: pending.spec, pending, cached }
  }

  #onChange(change: ObjectChange<CacheEntry>): void {
    const { onCached, onTarget, routes } = this.#options
    const { key } = change
    onCached?.(key, change.kind === 'deleted' ? undefined : change.object.cached)
    if (change.kind === 'deleted') {
      onTarget?.(key, undefined)
      routes.leave(change.previous.route)
      return this.#onDeleted(key, change.previous)
    }
    if (change.object.pending) onTarget?.(key, targetOf(change.object.pending))
    change.object.route = routes.enter(change.object.route)
    if (change.kind === 'updated') routes.leave(change.previous.route)
    this.#pass(key, change.object)
  }

  #onDeleted(key: string, entry: CacheEntry): void {
    const [namespace, name] = splitKey(key)
    const { engine, namespaces, onForeignDemand } = this.#options
    if (!admits(namespaces, namespace)) return
    this.#finalizers.observe(key, undefined)
    if (entry.spec === undefined) {
      onForeignDemand({ namespace, name, createdMs: 0, reads: [] })
      // A resource of this process may wait for its target.
      engine.orphaned(key)
    } else {
      this.#options.onDeleted(key)
      engine.remove(key)
    }
  }

  #pass(key: string, entry: CacheEntry): void {
    const { engine, namespaces, onForeignDemand } = this.#options
    const { pending } = entry
    entry.pending = undefined
    if (!pending) return
    if (this.#isOwned(key, entry.route)) return engine.upsert(pending)
    entry.spec = undefined
    engine.release(key)
    if (admits(namespaces, pending.namespace)) onForeignDemand(demandOf(pending))
  }

  /** Takes over a resource that was read. If it has changed since, the watch delivers the new state. */
  #load(raw: KubeObject): void {
    const key = objectKey(raw.metadata)
    const entry = this.#reflector.get(key)
    if (entry === undefined || entry.spec !== undefined || !this.#isOwned(key, entry.route)) return
    if (entry.uid !== raw.metadata.uid || entry.generation !== raw.metadata.generation) return
    const resource = toSyncResource(raw)
    entry.spec = resource.spec
    this.#options.engine.upsert(resource)
  }
}

function targetOf({ namespace, name, spec }: SyncResource): string | undefined {
  return spec.ok ? `${namespace}/${spec.value.target.name ?? name}` : undefined
}
