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
import { type FoundExternalSecret, foundExternalSecretOf } from '../cluster-external-secret/cached-external-secret.ts'
import { admits, type NamespaceFilter } from '../shared/namespace-filter.ts'
import { syncResourceOf } from './to-sync-resource.ts'
import { UpstreamFinalizerRemover } from '../shared/upstream-finalizer.ts'

/** Options of an {@link ExternalSecretController}. */
export interface ExternalSecretControllerOptions {
  readonly client: KubeClient
  readonly engine: Pick<SyncEngine, 'upsert' | 'remove'>
  readonly namespaces: NamespaceFilter
  readonly onFault: (fault: ReflectorFault) => void
  readonly onError: (resource: string, error: SecretSyncError, retryInMs: number) => void
  /** Told of each ExternalSecret whose it is and what it says, and when it is gone; undefined where nobody wants to know. */
  readonly onFound: ((key: string, found: FoundExternalSecret | undefined) => void) | undefined
  /** The history of the ExternalSecrets went back, and so has all that etcd holds. Nothing is told of them after that. */
  readonly onResourceVersionRollback: (rewind: ResourceVersionRollback) => void
}

/** What is kept of an ExternalSecret here; the rest is the engine's, and there may be ten thousand. */
interface Seen {
  readonly last: Pick<SyncResource, 'uid' | 'generation' | 'spec'>
  /** Until the engine has it. */
  news: SyncResource | undefined
  readonly found: FoundExternalSecret | undefined
}

/** Tells the engine which ExternalSecrets there are. */
export class ExternalSecretController {
  readonly #options: ExternalSecretControllerOptions
  readonly #reflector: Reflector<Seen>
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
    this.#reflector = new Reflector<Seen>({
      client,
      path: `/apis/${GROUP}/${VERSION}/externalsecrets`,
      ...(namespaces.watch.length > 0 ? { namespaces: namespaces.watch } : {}),
      project: (raw) => this.#project(raw),
      onChange: (change) => this.#onChange(change),
      onFault,
      onResourceVersionRollback,
    })
  }

  /** Resolves when all ExternalSecrets that were there at the start are known. */
  get synced(): Promise<void> {
    return this.#reflector.synced
  }

  get hasSynced(): boolean {
    return this.#reflector.hasSynced
  }

  /** This replica leads: it may write to the resources. */
  lead(): void {
    this.#finalizers.start()
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#reflector.run({ signal })
    await this.close(0)
  }

  /** Finishes the writes under way, aborting them after `graceMs`; the engine is told on. */
  close(graceMs: number): Promise<void> {
    return this.#finalizers.close(graceMs)
  }

  #project(raw: KubeObject): Seen {
    const key = objectKey(raw.metadata)
    if (admits(this.#options.namespaces, raw.metadata.namespace ?? '')) this.#finalizers.see(key, raw.metadata)
    const before = this.#reflector.get(key)
    const news = syncResourceOf(raw, before?.last)
    const { uid, generation, spec } = news
    const found = this.#options.onFound && foundExternalSecretOf(raw, before?.found)
    return { last: { uid, generation, spec }, news, found }
  }

  #onChange(change: ObjectChange<Seen>): void {
    const [namespace] = splitKey(change.key)
    const { engine, namespaces, onFound } = this.#options
    onFound?.(change.key, change.kind === 'deleted' ? undefined : change.object.found)
    if (change.kind === 'deleted') {
      if (!admits(namespaces, namespace)) return
      this.#finalizers.see(change.key, undefined)
      return engine.remove(change.key)
    }
    const { news } = change.object
    change.object.news = undefined
    if (news && admits(namespaces, namespace)) engine.upsert(news)
  }
}
