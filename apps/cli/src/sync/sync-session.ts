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
import { demandOf, type SyncEngine, type SyncObserver } from '@ack-secret-manager/sync-engine'
import { isDeepStrictEqual } from 'node:util'
import { type Manifests, selectedNamespaces } from '../manifests/manifests.ts'
import type { Labels } from '../manifests/namespace-labels.ts'
import { readOwner, standingsOf } from './cluster/cluster.ts'
import { clusterLabels } from './cluster/cluster-labels.ts'
import { FirstPass } from './first-pass.ts'
import { ManifestResources, retained } from './manifest-resources.ts'
import { openEngine } from './open-engine.ts'
import { type OpenedStores, openStores, type OpenStoresOptions } from './stores/open-stores.ts'
import { openTemplating } from './open-templating.ts'
import { ScopedWriter } from './scoped-writer.ts'
import { StoreLoader } from './stores/store-loader.ts'

/** Options of a {@link SyncSession}. */
export interface SyncSessionOptions extends Omit<OpenStoresOptions, 'manifests' | 'namespaceLabels' | 'onShareChange'> {
  /** What to write to; closed with the session. */
  readonly openWriter: (digester: ContentDigester) => Promise<SecretWriter>
  /** @default there are no workloads */
  readonly restarter?: WorkloadRestarter | undefined
  /** Fields of a manifest that ask for what there is not where it is written to. @default none */
  readonly meaningless?: (manifest: ExternalSecretResource) => readonly string[]
  /** How often secrets are read whose resource does not say. @default all once */
  readonly pollingIntervalMs?: number
  /** Told of every sync, those of the first pass included. */
  readonly observer?: SyncObserver
}

interface Current {
  manifests: Manifests
  /** Of namespaces of the cluster that no manifest has. */
  labels: ReadonlyMap<string, Labels>
}

interface Parts {
  readonly current: Current
  readonly pass: FirstPass
  readonly stores: OpenedStores
  readonly writer: SecretWriter
  readonly templating: ReturnType<typeof openTemplating>
  readonly engine: SyncEngine
}

/** Somebody waits for the command to end, and writes take milliseconds; reads that hang are none. */
const WRITE_GRACE_MS = 1_500

/** The production engine at work on manifests. */
export class SyncSession {
  readonly #options: SyncSessionOptions
  readonly #parts: Parts
  readonly #stores: StoreLoader
  readonly #resources = new ManifestResources()
  readonly #told = new Set<string>()

  private constructor(options: SyncSessionOptions, parts: Parts) {
    this.#options = options
    this.#parts = parts
    this.#stores = new StoreLoader({ registry: parts.stores.registry, clock: systemClock, log: options.log })
  }

  /**
   * Tells the engine of the manifests and starts it.
   * @throws InputError | SecretSyncError when the identity or the place to write to cannot be used
   */
  static async start(options: SyncSessionOptions, manifests: Manifests, signal: AbortSignal): Promise<SyncSession> {
    const { log, observer, pollingIntervalMs, openWriter, cluster } = options
    const current: Current = { manifests, labels: new Map() }
    const stores = await openStores({
      ...options,
      manifests: () => current.manifests,
      namespaceLabels: (name) => current.manifests.namespaces.get(name) ?? current.labels.get(name),
      onShareChange: (change) => engine.storesChanged((resource) => isConcernedBy(change, demandOf(resource))),
    })
    const digester = contentDigester()
    const writer = await openWriter(digester).catch(async (error: unknown) => {
      await stores.close()
      throw error
    })
    const pass = new FirstPass(manifests.externalSecrets.keys())
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
      pollingIntervalMs,
      log,
      observer: {
        synced: (key, outcome, durationMs) => {
          pass.synced(key, outcome)
          observer?.synced?.(key, outcome, durationMs)
        },
        failed: (key, error, retryInMs) => {
          pass.failed(key, error)
          observer?.failed?.(key, error, retryInMs)
        },
        // The target is as it should be: the pass has not failed.
        kept: (key, error, retryInMs) => observer?.failed?.(key, error, retryInMs),
      },
    })
    const session = new SyncSession(options, { current, pass, stores, writer, templating, engine })
    try {
      await session.#loadStores(signal)
      await session.#tellResources(signal)
      // Nobody would close a session that comes too late.
      signal.throwIfAborted()
      engine.start()
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }

  /** Follows the resources that were there at the start. */
  get pass(): FirstPass {
    return this.#parts.pass
  }

  /** Resolves when every restart that is due has been tried. @returns why those did not work that are still due */
  restartsTried(signal: AbortSignal): Promise<readonly string[]> {
    return this.#parts.engine.restartsTried({ signal })
  }

  /** Whether these manifests ask for the resources that the session has, by their names. */
  hasResources({ externalSecrets }: Manifests): boolean {
    const present = this.#parts.current.manifests.externalSecrets
    return present.size === externalSecrets.size && [...externalSecrets.keys()].every((key) => present.has(key))
  }

  /** The manifests have changed. */
  async replace(manifests: Manifests, signal: AbortSignal): Promise<void> {
    const { current, engine } = this.#parts
    const before = current.manifests
    current.manifests = manifests
    if (!StoreLoader.isSame(before, manifests)) {
      await this.#loadStores(signal)
      engine.storesChanged()
    }
    await this.#tellResources(signal)
    for (const key of before.externalSecrets.keys()) {
      if (manifests.externalSecrets.has(key)) continue
      this.#options.log.info(`ExternalSecret ${key} has left the manifests; what it has written stays`)
      engine.remove(key)
    }
  }

  /** Looks at all stores again: one may have lost its credential, or found it, in the cluster or in a file. */
  async recheckStores(signal: AbortSignal): Promise<void> {
    if (await this.#loadStores(signal, 'debug')) this.#parts.engine.storesChanged()
  }

  /** Finishes the writes under way, within a short time. */
  async close(): Promise<void> {
    const { engine, templating, writer, stores } = this.#parts
    await engine.close(WRITE_GRACE_MS)
    await templating.close()
    await writer.close()
    await stores.close()
  }

  /** @returns whether resources have to look at their stores again */
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

  async #tellResources(signal: AbortSignal): Promise<void> {
    const { cluster, log } = this.#options
    const { current, engine } = this.#parts
    const { externalSecrets, duplicates } = current.manifests
    const standings = cluster && (await standingsOf(cluster, externalSecrets, signal))
    const orphans: string[] = []
    for (const [key, manifest] of externalSecrets) {
      for (const field of this.#options.meaningless?.(manifest) ?? []) this.#tellOnce(`ExternalSecret ${key}: ${field}`)
      const standing = standings?.get(key) ?? ({ kind: 'absent' } as const)
      const isOrphan = cluster !== undefined && standing.kind === 'absent'
      if (isOrphan) orphans.push(key)
      const duplicate = duplicates.get(key)
      const known =
        duplicate === undefined
          ? standing
          : ({ kind: 'unknown', error: new SecretSyncError('InvalidSpec', duplicate) } as const)
      engine.upsert(this.#resources.resourceOf(isOrphan ? retained(manifest) : manifest, known))
    }
    if (orphans.length === 0) return
    const names = `${orphans.slice(0, 5).join(', ')}${orphans.length > 5 ? ` and ${orphans.length - 5} more` : ''}`
    log.info(`not in the cluster, so that its Secret gets no owner and would stay without it: ExternalSecret ${names}`)
  }

  #tellOnce(field: string): void {
    if (this.#told.has(field)) return
    this.#told.add(field)
    this.#options.log.info(`${field} means nothing for files`)
  }
}
