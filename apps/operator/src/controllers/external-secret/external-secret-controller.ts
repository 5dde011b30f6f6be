import type { SecretSyncError } from '@ack-secret-manager/core'
import {
  type ResourceVersionRollback,
  type KubeClient,
  type KubeObject,
  type ObjectChange,
  objectKey,
  Reflector,
  type ReflectorFault,
} from '@ack-secret-manager/k8s-client'
import { GROUP, VERSION } from '@ack-secret-manager/resources'
import { splitKey, type SyncEngine, type SyncResource } from '@ack-secret-manager/sync-engine'
import { type CachedExternalSecret, toCachedExternalSecret } from '../cluster-external-secret/cached-external-secret.ts'
import { admits, type NamespaceFilter } from '../shared/namespace-filter.ts'
import { toSyncResource } from './to-sync-resource.ts'
import { UpstreamFinalizerRemover } from '../shared/upstream-finalizer.ts'

export interface ExternalSecretControllerOptions {
  readonly client: KubeClient
  readonly engine: Pick<SyncEngine, 'upsert' | 'remove'>
  readonly namespaces: NamespaceFilter
  readonly onFault: (fault: ReflectorFault) => void
  readonly onError: (resource: string, error: SecretSyncError, retryInMs: number) => void
  /** Receives owner and content of each ExternalSecret, undefined once it is deleted. Absent without ClusterExternalSecrets. */
  readonly onCached: ((key: string, cached: CachedExternalSecret | undefined) => void) | undefined
  /** Called when resourceVersions went backwards, as after an etcd restore; no change is reported after that. */
  readonly onResourceVersionRollback: (rewind: ResourceVersionRollback) => void
}

/** Cached fields of an ExternalSecret; the engine keeps the rest. */
interface CacheEntry {
  readonly last: Pick<SyncResource, 'uid' | 'generation' | 'spec'>
  /** Set until the engine has received it. */
  pending: SyncResource | undefined
  readonly cached: CachedExternalSecret | undefined
}

/** Watches ExternalSecrets and passes them to the engine. */
export class ExternalSecretController {
  readonly #options: ExternalSecretControllerOptions
  readonly #reflector: Reflector<CacheEntry>
  readonly #finalizers: UpstreamFinalizerRemover

  constructor(options: ExternalSecretControllerOptions) {
    this.#options = options
    const { client, namespaces, onFault, onError, onResourceVersionRollback } = options
    this.#finalizers = new UpstreamFinalizerRemover({
      client,
      pathOf: (key) => {
        const [namespace, name] = splitKey(key)
        return `/apis/${GROUP}/${VERSION}/namespaces/${namespace}/externalsecrets/${name}`
      },
      onError,
    })
    this.#reflector = new Reflector<CacheEntry>({
      client,
      path: `/apis/${GROUP}/${VERSION}/externalsecrets`,
      ...(namespaces.watch.length > 0 ? { namespaces: namespaces.watch } : {}),
      project: (raw) => this.#project(raw),
      onChange: (change) => this.#onChange(change),
      onFault,
      onResourceVersionRollback,
    })
  }

  /** Resolves when the initial list of ExternalSecrets is complete. */
  get synced(): Promise<void> {
    return this.#reflector.synced
  }

  get hasSynced(): boolean {
    return this.#reflector.hasSynced
  }

  /** Starts writing, as the leader. */
  lead(): void {
    this.#finalizers.start()
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

  #project(raw: KubeObject): CacheEntry {
    const key = objectKey(raw.metadata)
    if (admits(this.#options.namespaces, raw.metadata.namespace ?? '')) this.#finalizers.observe(key, raw.metadata)
    const before = this.#reflector.get(key)
    const pending = toSyncResource(raw, before?.last)
    const { uid, generation, spec } = pending
    const cached = this.#options.onCached && toCachedExternalSecret(raw, before?.cached)
    return { last: { uid, generation, spec }, pending, cached }
  }

  #onChange(change: ObjectChange<CacheEntry>): void {
    const [namespace] = splitKey(change.key)
    const { engine, namespaces, onCached } = this.#options
    onCached?.(change.key, change.kind === 'deleted' ? undefined : change.object.cached)
    if (change.kind === 'deleted') {
      if (!admits(namespaces, namespace)) return
      this.#finalizers.observe(change.key, undefined)
      return engine.remove(change.key)
    }
    const { pending } = change.object
    change.object.pending = undefined
    if (pending && admits(namespaces, namespace)) engine.upsert(pending)
  }
}
