import {
  type ContentDigester,
  contentDigester,
  SecretSyncError,
  type SecretWriter,
  systemClock,
  type WorkloadRestarter,
} from '@ack-secret-manager/core'
import type { ExternalSecretResource } from '@ack-secret-manager/resources'
import { isConcernedBy } from '@ack-secret-manager/stores'
import {
  type CreateGenerator,
  demandOf,
  type SyncEngine,
  type SyncObserver,
  type SyncResource,
} from '@ack-secret-manager/sync-engine'
import { isDeepStrictEqual } from 'node:util'
import { type Manifests, selectedNamespaces } from '../manifests/manifests.ts'
import type { Labels } from '../manifests/namespace-labels.ts'
import { readOwner, clusterStatesOf } from './cluster/cluster.ts'
import { clusterLabels } from './cluster/cluster-labels.ts'
import { FirstPass } from './first-pass.ts'
import { ManifestResources, retained } from './manifest-resources.ts'
import { openEngine } from './open-engine.ts'
import { type OpenedStores, openStores, type OpenStoresOptions } from './stores/open-stores.ts'
import type { ResourceResult } from './resource-result.ts'
import { openTemplating } from './open-templating.ts'
import { ScopedWriter } from './scoped-writer.ts'
import { StoreLoader } from './stores/store-loader.ts'

/** Options of a {@link SyncSession}. */
export interface SyncSessionOptions extends Omit<OpenStoresOptions, 'manifests' | 'namespaceLabels' | 'onShareChange'> {
  /** Opens the writer, which is closed with the session. */
  readonly openWriter: (digester: ContentDigester) => Promise<SecretWriter>
  /** @default workloads are not restarted */
  readonly restarter?: WorkloadRestarter | undefined
  /** @default that of the operator */
  readonly createGenerator?: CreateGenerator
  /** Fields of a manifest that have no effect on this output. @default none */
  readonly meaningless?: (manifest: ExternalSecretResource) => readonly string[]
  /** Default refresh interval. @default secrets are read once */
  readonly pollingIntervalMs?: number
  /** Notified of every sync, including the first pass. */
  readonly observer?: SyncObserver
  /** Time for writes in flight on exit. Writes take milliseconds, and hanging reads are cut off. @default 1_500 */
  readonly writeGraceMs?: number
}

interface Current {
  manifests: Manifests
  /** Labels of namespaces of the cluster that have no manifest. */
  labels: ReadonlyMap<string, Labels>
}

interface Parts {
  readonly current: Current
  readonly pass: FirstPass
  /** The first pass, and those of {@link SyncSession.reread}. */
  readonly passes: Set<FirstPass>
  readonly stores: OpenedStores
  readonly writer: SecretWriter
  readonly templating: ReturnType<typeof openTemplating>
  readonly engine: SyncEngine
}

/** Default of {@link SyncSessionOptions.writeGraceMs}. */
const WRITE_GRACE_MS = 1_500

/** Runs the production engine on manifests. */
export class SyncSession {
  readonly #options: SyncSessionOptions
  readonly #parts: Parts
  readonly #stores: StoreLoader
  readonly #resources = new ManifestResources()
  readonly #logged = new Set<string>()
  readonly #upserted = new Map<string, SyncResource>()
  #rereads = 0

  private constructor(options: SyncSessionOptions, parts: Parts) {
    this.#options = options
    this.#parts = parts
    this.#stores = new StoreLoader({ registry: parts.stores.registry, clock: systemClock, log: options.log })
  }

  /**
   * Loads the manifests into the engine and starts it.
   * @throws InputError | SecretSyncError when the identity or the output cannot be used
   */
  static async start(options: SyncSessionOptions, manifests: Manifests, signal: AbortSignal): Promise<SyncSession> {
    const { log, observer, pollingIntervalMs, openWriter, cluster } = options
    const current: Current = { manifests, labels: new Map() }
    const opening: OpenStoresOptions = {
      ...options,
      manifests: () => current.manifests,
      namespaceLabels: (name) => current.manifests.namespaces.get(name) ?? current.labels.get(name),
      onShareChange: (change) => engine.storesChanged((resource) => isConcernedBy(change, demandOf(resource))),
    }
    const stores = await openStores(opening, signal)
    const digester = contentDigester()
    const writer = await openWriter(digester).catch(async (error: unknown) => {
      await stores.close()
      throw error
    })
    const pass = new FirstPass(manifests.externalSecrets.keys())
    const passes = new Set([pass])
    const templating = openTemplating({
      manifests: () => current.manifests,
      cluster: options.cluster,
      watch: pollingIntervalMs !== undefined,
      onChange: (resources) => engine.templatesChanged(resources),
    })
    const engine = openEngine({
      writer: new ScopedWriter(writer, (key) => current.manifests.externalSecrets.has(key)),
      digester,
      stores: stores.registry,
      templating,
      readOwner: cluster && ((resource, { signal: each }) => readOwner(cluster, resource, each)),
      restarter: options.restarter,
      createGenerator: options.createGenerator,
      pollingIntervalMs,
      log,
      observer: {
        synced: (key, outcome, durationMs) => {
          for (const each of passes) each.synced(key, outcome)
          observer?.synced?.(key, outcome, durationMs)
        },
        failed: (key, error, retryInMs) => {
          for (const each of passes) each.failed(key, error)
          observer?.failed?.(key, error, retryInMs)
        },
        // The target is up to date, so the pass has not failed.
        kept: (key, error, retryInMs) => observer?.failed?.(key, error, retryInMs),
      },
    })
    const session = new SyncSession(options, { current, pass, passes, stores, writer, templating, engine })
    try {
      await session.#loadStores(signal)
      await session.#upsertResources(signal)
      // After an abort, the caller would not close the session.
      signal.throwIfAborted()
      engine.start()
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }

  /** Tracks the resources of the initial manifests. */
  get pass(): FirstPass {
    return this.#parts.pass
  }

  /** The current result of each resource of the first pass. */
  results(timeoutMs: number): readonly ResourceResult[] {
    return this.pass.results(timeoutMs, (key) => this.#readsOf(key))
  }

  /** Resolves when every pending restart was attempted. @returns messages of restarts that failed and are still pending */
  restartsTried(signal: AbortSignal): Promise<readonly string[]> {
    return this.#parts.engine.restartsTried({ signal })
  }

  /** Whether these manifests have the same resources as the session, by name. */
  hasResources({ externalSecrets }: Manifests): boolean {
    const present = this.#parts.current.manifests.externalSecrets
    return present.size === externalSecrets.size && [...externalSecrets.keys()].every((key) => present.has(key))
  }

  /** Applies changed manifests. */
  async replace(manifests: Manifests, signal: AbortSignal): Promise<void> {
    const { current, engine } = this.#parts
    const before = current.manifests
    current.manifests = manifests
    if (!StoreLoader.isSame(before, manifests)) {
      await this.#loadStores(signal)
      engine.storesChanged()
    }
    await this.#upsertResources(signal)
    for (const key of before.externalSecrets.keys()) {
      if (manifests.externalSecrets.has(key)) continue
      this.#options.log.info(`ExternalSecret ${key} was removed from the manifests; its output is kept`)
      this.#upserted.delete(key)
      engine.remove(key)
    }
  }

  /** Rechecks all stores, because a credential in the cluster or in a file may have changed. */
  async recheckStores(signal: AbortSignal): Promise<void> {
    if (await this.#loadStores(signal, 'debug')) this.#parts.engine.storesChanged()
  }

  /** Reads every secret now. Resolves when each resource was synced or has failed for good, or when the signal aborts. */
  async reread(signal: AbortSignal): Promise<void> {
    const { engine, passes } = this.#parts
    const pass = new FirstPass(this.#upserted.keys())
    passes.add(pass)
    this.#rereads += 1
    for (const resource of this.#upserted.values()) {
      engine.upsert({ ...resource, refreshNow: `${resource.refreshNow ?? ''}#${this.#rereads}` })
    }
    await pass.finished(signal)
    passes.delete(pass)
  }

  /** Tries the stores again that failed for a transient reason. */
  async retryStores(signal: AbortSignal): Promise<void> {
    if (await this.#stores.retryOutages(signal)) this.#parts.engine.storesChanged()
  }

  /** Closes the session after a short grace period for writes in flight. */
  async close(): Promise<void> {
    const { engine, templating, writer, stores } = this.#parts
    await engine.close(this.#options.writeGraceMs ?? WRITE_GRACE_MS)
    await templating.close()
    await writer.close()
    await stores.close()
  }

  /** @returns whether a store or the labels of a namespace have changed */
  async #loadStores(signal: AbortSignal, level: 'debug' | 'warn' = 'warn'): Promise<boolean> {
    const { cluster, log } = this.#options
    const { current } = this.#parts
    const before = current.labels
    if (cluster) {
      const names = selectedNamespaces(current.manifests).filter((name) => !current.manifests.namespaces.has(name))
      current.labels = await clusterLabels({
        client: cluster,
        namespaces: names,
        before,
        onUnknown: (message) => log[level](message),
        signal,
      })
    }
    const isElsewhere = await this.#stores.load(current.manifests, signal)
    return isElsewhere || !isDeepStrictEqual(current.labels, before)
  }

  async #upsertResources(signal: AbortSignal): Promise<void> {
    const { cluster, log } = this.#options
    const { current, engine } = this.#parts
    const { externalSecrets, duplicates } = current.manifests
    const states = cluster && (await clusterStatesOf(cluster, externalSecrets, signal))
    const orphans: string[] = []
    for (const [key, manifest] of externalSecrets) {
      for (const field of this.#options.meaningless?.(manifest) ?? []) this.#logOnce(`ExternalSecret ${key}: ${field}`)
      const state = states?.get(key) ?? ({ kind: 'absent' } as const)
      const isOrphan = cluster !== undefined && state.kind === 'absent'
      if (isOrphan) orphans.push(key)
      const duplicate = duplicates.get(key)
      const known =
        duplicate === undefined
          ? state
          : ({ kind: 'unknown', error: new SecretSyncError('InvalidSpec', duplicate) } as const)
      const resource = this.#resources.resourceOf(isOrphan ? retained(manifest) : manifest, known)
      this.#upserted.set(key, resource)
      engine.upsert(resource)
    }
    if (orphans.length === 0) return
    const names = `${orphans.slice(0, 5).join(', ')}${orphans.length > 5 ? ` and ${orphans.length - 5} more` : ''}`
    log.info(
      `not found in the cluster: its Secret gets no ownerReference and is not garbage-collected: ExternalSecret ${names}`,
    )
  }

  /** The secrets of a resource: `app/db at kms.cn-hangzhou.aliyuncs.com`. */
  #readsOf(key: string): readonly string[] {
    const { current, stores } = this.#parts
    const resource = current.manifests.externalSecrets.get(key)
    if (resource === undefined) return []
    const { spec, metadata } = resource
    const { data, dataProcess, provider } = spec
    return [...data, ...dataProcess.map(({ extract }) => extract)].map(
      ({ key: secret, secretStoreRef, kmsEndpoint }) => {
        const { namespace } = metadata
        const found = stores.registry.resolve({ namespace, ref: secretStoreRef, kmsEndpoint, secret, provider })
        const endpoint = found.kind === 'ready' ? found.connection.endpoint : undefined
        return endpoint === undefined ? secret : `${secret} at ${endpoint}`
      },
    )
  }

  #logOnce(field: string): void {
    if (this.#logged.has(field)) return
    this.#logged.add(field)
    this.#options.log.info(`${field} has no effect on files`)
  }
}
