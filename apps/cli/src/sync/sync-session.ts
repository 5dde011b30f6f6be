import { type ContentDigester, contentDigester, type SecretWriter, systemClock } from '@ack-secret-manager/core'
import type { StoreRegistry } from '@ack-secret-manager/stores'
import type { SyncEngine, SyncObserver } from '@ack-secret-manager/sync-engine'
import type { Manifests } from '../manifests/manifests.ts'
import { standingsOf } from './cluster.ts'
import { FirstPass } from './first-pass.ts'
import { ManifestResources, retained } from './manifest-resources.ts'
import { openEngine } from './open-engine.ts'
import { openStores, type OpenStoresOptions } from './open-stores.ts'
import { ScopedWriter } from './scoped-writer.ts'
import { StoreLoader } from './store-loader.ts'

/** Options of a {@link SyncSession}. */
export interface SyncSessionOptions extends Omit<OpenStoresOptions, 'manifests'> {
  /** What to write to; closed with the session. */
  readonly openWriter: (digester: ContentDigester) => Promise<SecretWriter>
  /** How often secrets are read whose resource does not say. @default all once */
  readonly pollingIntervalMs?: number
  /** Told of every sync, those of the first pass included. */
  readonly observer?: SyncObserver
}

interface Parts {
  readonly current: { manifests: Manifests }
  readonly pass: FirstPass
  readonly registry: StoreRegistry
  readonly writer: SecretWriter
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

  private constructor(options: SyncSessionOptions, parts: Parts) {
    this.#options = options
    this.#parts = parts
    this.#stores = new StoreLoader({ registry: parts.registry, clock: systemClock, log: options.log })
  }

  /**
   * Tells the engine of the manifests and starts it.
   * @throws InputError | SecretSyncError when the identity or the place to write to cannot be used
   */
  static async start(options: SyncSessionOptions, manifests: Manifests, signal: AbortSignal): Promise<SyncSession> {
    const { log, observer, pollingIntervalMs, openWriter } = options
    const current = { manifests }
    const registry = openStores({ ...options, manifests: () => current.manifests })
    const digester = contentDigester()
    const writer = await openWriter(digester)
    const pass = new FirstPass(manifests.externalSecrets.keys())
    const engine = openEngine({
      writer: new ScopedWriter(writer, (key) => current.manifests.externalSecrets.has(key)),
      digester,
      stores: registry,
      attempts: pass.attempts,
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
      },
    })
    const session = new SyncSession(options, { current, pass, registry, writer, engine })
    try {
      await session.#stores.load(manifests, signal)
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

  /** The manifests have changed. */
  async replace(manifests: Manifests, signal: AbortSignal): Promise<void> {
    const { current, engine } = this.#parts
    const before = current.manifests
    current.manifests = manifests
    if (!StoreLoader.isSame(before, manifests)) {
      await this.#stores.load(manifests, signal)
      engine.storesChanged()
    }
    await this.#tellResources(signal)
    for (const key of before.externalSecrets.keys()) {
      if (manifests.externalSecrets.has(key)) continue
      this.#options.log.info(`ExternalSecret ${key} has left the manifests; what it has written stays`)
      engine.remove(key)
    }
  }

  /** Finishes the writes under way, within a short time. */
  async close(): Promise<void> {
    const { engine, writer, registry } = this.#parts
    await engine.close(WRITE_GRACE_MS)
    await writer.close()
    await registry.close()
  }

  async #tellResources(signal: AbortSignal): Promise<void> {
    const { cluster, log } = this.#options
    const { current, engine } = this.#parts
    const { externalSecrets } = current.manifests
    const standings = cluster && (await standingsOf(cluster, externalSecrets, signal))
    const orphans: string[] = []
    for (const [key, manifest] of externalSecrets) {
      const standing = standings?.get(key) ?? ({ kind: 'absent' } as const)
      const isOrphan = cluster !== undefined && standing.kind === 'absent'
      if (isOrphan) orphans.push(key)
      engine.upsert(this.#resources.resourceOf(isOrphan ? retained(manifest) : manifest, standing))
    }
    if (orphans.length === 0) return
    const names = `${orphans.slice(0, 5).join(', ')}${orphans.length > 5 ? ` and ${orphans.length - 5} more` : ''}`
    log.info(`not in the cluster, so that its Secret gets no owner and would stay without it: ExternalSecret ${names}`)
  }
}
