import type { Clock, SecretSyncError } from '@ack-secret-manager/core'
import {
  type EventRecorder,
  type KubeClient,
  type ObjectChange,
  Reflector,
  type ReflectorFault,
} from '@ack-secret-manager/k8s-client'
import { API_VERSION, GROUP, VERSION } from '@ack-secret-manager/resources'
import type { StoreRegistry, StoreState } from '@ack-secret-manager/stores'
import { PRIORITY, splitKey, WorkQueue } from '@ack-secret-manager/sync-engine'
import { isGone } from './is-gone.ts'
import { NamedObjectsWatch } from './named-objects-watch.ts'
import { admits, type NamespaceFilter } from './namespace-filter.ts'
import { secretStoreStatus } from './secret-store-status.ts'
import { type SeenStore, seenStoreOf, statusPath, type StoreName } from './seen-store.ts'
import { CLUSTER_SECRET_STORE, SECRET_STORE, type StoreKind } from './store-kind.ts'
import { withoutRequestIds } from './without-request-ids.ts'

/** Options of a {@link SecretStoreController}. */
export interface SecretStoreControllerOptions {
  readonly client: KubeClient
  readonly stores: StoreRegistry
  readonly events: Pick<EventRecorder, 'record'>
  readonly namespaces: NamespaceFilter
  /** Stores of other namespaces than the watched ones may be named. */
  readonly crossNamespace: boolean
  /** Look after ClusterSecretStores as well. */
  readonly clusterStores: boolean
  readonly clock: Clock
  readonly random: () => number
  /** What a store gives may be another connection now; the key of that connection, where it is ready. */
  readonly onStoreChange: (store: StoreName, connectionKey?: string) => void
  readonly onError: (store: string, error: SecretSyncError, retryInMs: number) => void
  readonly onFault: (fault: ReflectorFault) => void
  /** Only the leader writes a status. */
  readonly mayWrite: () => boolean
}

/**
 * How soon a store that is not ready is looked at again: a session that was ended is there again after a moment, and until
 * then nobody reads through the store. Twice as late each time; a change of the store or of its credentials is noticed at once.
 */
const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 60_000
/** How soon a store is looked at again whose credential could not be renewed. */
const DOUBT_MS = 10_000
/** How soon a store is looked at again whose credential expires. */
const EXPIRY_CHECK_MS = 24 * 3_600_000

/** Keeps the registry of stores equal to the stores of the cluster, and tells in their status how they are. */
export class SecretStoreController {
  readonly #options: SecretStoreControllerOptions
  readonly #reflectors: ReadonlyMap<StoreKind, Reflector<SeenStore>>
  readonly #queue: WorkQueue
  readonly #secrets: NamedObjectsWatch
  readonly #serviceAccounts: NamedObjectsWatch
  /** Where each store led when it was last looked at. */
  readonly #leadsTo = new Map<string, string>()
  /** How often each store that is not ready has been looked at since it was. */
  readonly #failures = new Map<string, number>()
  /** Status of each store as this process wrote it last, which the watch tells a moment later. */
  readonly #written = new Map<string, { readonly uid: string; readonly status: unknown }>()
  /** When the client keys of stores expire, wall-clock milliseconds. */
  readonly #expiries = new Map<string, number>()

  constructor(options: SecretStoreControllerOptions) {
    this.#options = options
    const { client, stores, clusterStores, clock, random, onError, onFault } = options
    const kinds = clusterStores ? [SECRET_STORE, CLUSTER_SECRET_STORE] : [SECRET_STORE]
    this.#reflectors = new Map(kinds.map((kind) => [kind, this.#reflect(kind)]))
    const process = (key: string, signal: AbortSignal): Promise<void> => this.#process(key, signal)
    this.#queue = new WorkQueue({ process, onError, clock, random, concurrency: 4 })
    const recheck = (names: readonly StoreName[]): void => {
      for (const { namespace, name } of names) this.#queue.add(`${namespace}/${name}`, PRIORITY.changed)
    }
    this.#secrets = new NamedObjectsWatch({
      client,
      path: '/api/v1/secrets',
      onChange: ({ namespace, name }) => recheck(stores.storesUsingSecret(namespace, name)),
      onFault,
    })
    this.#serviceAccounts = new NamedObjectsWatch({
      client,
      path: '/api/v1/serviceaccounts',
      onChange: ({ namespace, name }) => recheck(stores.storesUsingServiceAccount(namespace, name)),
      onFault,
    })
  }

  get hasSynced(): boolean {
    return [...this.#reflectors.values()].every(({ hasSynced }) => hasSynced)
  }

  /** When the next client key expires, wall-clock milliseconds. */
  get nextExpiryMs(): number | undefined {
    return this.#expiries.size === 0 ? undefined : Math.min(...this.#expiries.values())
  }

  /** Resolves when every store that was there at the start has been looked at once. */
  async settled(): Promise<void> {
    await Promise.all([...this.#reflectors.values()].map(({ synced }) => synced))
    await this.#queue.idle()
  }

  /**
   * Looks at these stores again, after a pause: their credential could not be renewed. The pause matters: to look at a store
   * asks for its credential, and must not be the reason to look at it again at once.
   */
  doubt(stores: readonly StoreName[]): void {
    for (const { namespace, name } of stores) this.#queue.addAfter(`${namespace}/${name}`, DOUBT_MS, PRIORITY.routine)
  }

  /** Looks at all stores again: this replica may write their status now. */
  recheck(): void {
    for (const reflector of this.#reflectors.values()) {
      for (const { namespace, name } of reflector.values()) this.#queue.add(`${namespace}/${name}`, PRIORITY.routine)
    }
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#queue.start()
    await Promise.all([...this.#reflectors.values()].map((reflector) => reflector.run({ signal })))
    await this.#queue.close(0)
    await this.#secrets.close()
    await this.#serviceAccounts.close()
  }

  #reflect(kind: StoreKind): Reflector<SeenStore> {
    const { client, namespaces, crossNamespace, onFault } = this.#options
    const isNarrow = kind === SECRET_STORE && namespaces.watch.length > 0 && !crossNamespace
    return new Reflector<SeenStore>({
      client,
      path: `/apis/${GROUP}/${VERSION}/${kind.plural}`,
      ...(isNarrow ? { namespaces: namespaces.watch } : {}),
      project: (raw) => seenStoreOf(kind, raw),
      onChange: (change) => this.#onChange(change),
      onFault,
    })
  }

  #onChange(change: ObjectChange<SeenStore>): void {
    const { namespace, name } = change.kind === 'deleted' ? change.previous : change.object
    const { crossNamespace, namespaces } = this.#options
    if (namespace !== '' && !crossNamespace && !admits(namespaces, namespace)) return
    // Our own status coming back.
    if (change.kind === 'updated' && change.previous.generation === change.object.generation) return
    this.#queue.add(`${namespace}/${name}`, PRIORITY.changed)
  }

  async #process(key: string, signal: AbortSignal): Promise<void> {
    const { stores } = this.#options
    const [namespace, name] = splitKey(key)
    const seen = this.#find(namespace, name)
    let state: StoreState | undefined
    try {
      if (!seen) stores.remove(namespace, name)
      else if (seen.parsed.ok) state = await stores.upsert(seen.parsed.resource, { signal })
      else {
        stores.refuse(namespace, name, seen.parsed.error)
        state = { ready: false, error: seen.parsed.error }
      }
    } finally {
      this.#secrets.watch(stores.credentialRefs())
      this.#serviceAccounts.watch(stores.serviceAccountRefs())
      this.#tell(key, { namespace, name })
    }
    this.#noteExpiry(key, state)
    const failures = state?.ready === false ? (this.#failures.get(key) ?? 0) + 1 : 0
    if (failures === 0) this.#failures.delete(key)
    else this.#failures.set(key, failures)
    if (!seen) this.#written.delete(key)
    if (!seen || !state) return
    await this.#writeStatus(key, seen, state, signal)
    const isWatched = this.#secrets.isComplete && this.#serviceAccounts.isComplete
    const retryMs = state.ready ? MAX_RETRY_MS : Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1))
    if (!state.ready || !isWatched) this.#queue.addAfter(key, retryMs, PRIORITY.routine)
    else if (state.expiresAtMs !== undefined) this.#queue.addAfter(key, EXPIRY_CHECK_MS, PRIORITY.routine)
  }

  #find(namespace: string, name: string): SeenStore | undefined {
    return namespace === ''
      ? this.#reflectors.get(CLUSTER_SECRET_STORE)?.get(name)
      : this.#reflectors.get(SECRET_STORE)?.get(`${namespace}/${name}`)
  }

  /** Only when the store leads elsewhere than it did: to look at all its resources for nothing would read their secrets anew. */
  #tell(key: string, store: StoreName): void {
    const leadsTo = this.#options.stores.leadsTo(store.namespace, store.name)
    // The same refusal again is no news either.
    const now = leadsTo === undefined ? undefined : withoutRequestIds(leadsTo)
    if (this.#leadsTo.get(key) === now) return
    if (now === undefined) this.#leadsTo.delete(key)
    else this.#leadsTo.set(key, now)
    this.#options.onStoreChange(store)
  }

  #noteExpiry(key: string, state: StoreState | undefined): void {
    const expiresAtMs = state?.ready === true ? state.expiresAtMs : undefined
    if (expiresAtMs === undefined) this.#expiries.delete(key)
    else this.#expiries.set(key, expiresAtMs)
  }

  async #writeStatus(key: string, seen: SeenStore, state: StoreState, signal: AbortSignal): Promise<void> {
    const { client, clock, events, mayWrite, stores } = this.#options
    if (!mayWrite()) return
    const caller = state.ready ? await stores.callerIdentity(seen.namespace, seen.name, { signal }) : undefined
    const { generation, kind, namespace, name, uid } = seen
    const written = this.#written.get(key)
    const old = written?.uid === uid ? written.status : seen.status
    const next = secretStoreStatus(state, { generation, old, nowMs: clock.now(), caller })
    if (!next) return
    try {
      const patch = { metadata: { uid }, status: next.status }
      const { status } = await client.mergePatch<{ status?: unknown }>(statusPath(seen), patch, { signal })
      this.#written.set(key, { uid, status })
    } catch (error) {
      // The watch tells what has become of it.
      if (!isGone(error)) throw error
      return
    }
    const regarding = { apiVersion: API_VERSION, kind: kind.kind, namespace, name, uid }
    for (const { type, reason, message } of next.events) events.record({ regarding, type, reason, message })
  }
}
