import type { Clock, SecretSyncError } from '@ack-secret-manager/core'
import {
  type EventRecorder,
  type KubeClient,
  ObjectWatch,
  type ObjectWatchOptions,
  type ObjectChange,
  Reflector,
  type ReflectorFault,
  type RefreshOptions,
} from '@ack-secret-manager/k8s-client'
import { resourcesPath } from '@ack-secret-manager/resources'
import type { RecheckReason, StoreRegistry, StoreState } from '@ack-secret-manager/stores'
import {
  DriftBackoff,
  type Priority,
  PRIORITY,
  type Reachability,
  splitKey,
  WorkQueue,
} from '@ack-secret-manager/sync-engine'
import { FileWatch } from './file-watch.ts'
import { InitialSync } from './initial-sync.ts'
import { admits, type NamespaceFilter } from '../shared/namespace-filter.ts'
import { SecretStoreReporter } from './secret-store-reporter.ts'
import { type CachedStore, toCachedStore, type StoreName, storePath } from './cached-store.ts'
import { CLUSTER_SECRET_STORE, SECRET_STORE, type StoreKind } from './store-kind.ts'
import { UpstreamFinalizerRemover } from '../shared/upstream-finalizer.ts'

export interface SecretStoreControllerOptions {
  readonly client: Pick<KubeClient, 'list' | 'stream' | 'mergePatch'>
  readonly stores: Pick<StoreRegistry, 'upsert' | 'refuse' | 'remove' | 'sourcesOf' | 'leadsTo'>
  readonly events: Pick<EventRecorder, 'record'>
  readonly namespaces: NamespaceFilter
  /** Resources may use stores of namespaces that the operator does not manage. */
  readonly crossNamespace: boolean
  /** Reconcile ClusterSecretStores as well. */
  readonly clusterStores: boolean
  readonly clock: Clock
  readonly random: () => number
  /** A store may now resolve to another connection. */
  readonly onStoreChange: (store: StoreName) => void
  /** State of a store's connection at its own endpoint; undefined if no resource reads through it. */
  readonly reachability: (store: StoreName) => Reachability | undefined
  /** Receives the state after each reconcile; undefined if the store was deleted. */
  readonly onState?: (store: StoreName, state: StoreState | undefined) => void
  readonly onError: (store: string, error: SecretSyncError, retryInMs: number) => void
  readonly onFault: (fault: ReflectorFault) => void
  /** Whether this process writes the status of a store. */
  readonly mayWrite: (store: CachedStore) => boolean
  /** Whether this process removes finalizers. */
  readonly mayRemoveFinalizers: () => boolean
  /** A store was created, changed or deleted. Called before it is reconciled. */
  readonly onCached: (key: string) => void
  /** Whether a namespace is being deleted; the statuses of its stores are no longer written. */
  readonly isTerminating: (namespace: string) => boolean
}

/**
 * First retry of a store that is not ready; the delay doubles each time. Short, because an expired session is renewed quickly.
 * Changes of the store or its credentials trigger a reconcile at once.
 */
const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 60_000
/**
 * Delay before the credential of a store is rechecked. A recheck requests the credential and must not trigger the next recheck; the
 * read after a refused one renews an expired session without a recheck.
 */
const RECHECK_DELAY_MS: Readonly<Record<RecheckReason, number>> = { refused: 3_000, accepted: 0, unrenewed: 10_000 }
/** Recheck interval of a store whose credential expires. */
const EXPIRY_CHECK_MS = 24 * 3_600_000
/** Recheck interval of a store whose identity STS could not confirm. */
const UNVERIFIED_RECHECK_MS = 600_000

/**
 * Limit of the initial sync of all stores, which covers two hanging stores in a row. Resources of later stores report that the store
 * is not ready, and sync once it is.
 */
const INITIAL_SYNC_TIMEOUT_MS = 30_000

/** Status of the condition Ready. */
type Readiness = 'True' | 'False' | 'Unknown'

/** Keeps the store registry equal to the stores of the cluster, and writes their statuses. */
export class SecretStoreController {
  readonly #options: SecretStoreControllerOptions
  readonly #reflectors: ReadonlyMap<StoreKind, Reflector<CachedStore>>
  readonly #queue: WorkQueue
  readonly #reporter: SecretStoreReporter
  readonly #finalizers: UpstreamFinalizerRemover
  /** Backoff for statuses that another client overwrites. */
  readonly #statusDrift: DriftBackoff
  /** Backoff for the statuses of flapping connections. */
  readonly #reachabilityBackoff: DriftBackoff
  /** State of each store after its last reconcile. */
  readonly #states = new Map<string, StoreState>()
  /** Monotonic time of the next reconcile. Before it only the status is written, because a reconcile requests the credential. */
  readonly #reconcileDueMs = new Map<string, number>()
  readonly #secrets: ObjectWatch
  readonly #serviceAccounts: ObjectWatch
  readonly #tokenFiles: FileWatch
  readonly #initialSync = new InitialSync()
  /** Connection of each store after its last reconcile. */
  readonly #connectionKeys = new Map<string, string>()
  /** Consecutive failed reconciles of each store. */
  readonly #failures = new Map<string, number>()
  /** When the client keys of stores expire, wall-clock milliseconds. */
  readonly #expiries = new Map<string, number>()

  constructor(options: SecretStoreControllerOptions) {
    this.#options = options
    const { client, clusterStores, clock, random, onError, onFault, mayRemoveFinalizers: mayWrite } = options
    this.#reporter = new SecretStoreReporter(options)
    this.#statusDrift = new DriftBackoff(clock)
    this.#reachabilityBackoff = new DriftBackoff(clock)
    const kinds = clusterStores ? [SECRET_STORE, CLUSTER_SECRET_STORE] : [SECRET_STORE]
    this.#reflectors = new Map(kinds.map((kind) => [kind, this.#reflect(kind)]))
    const process = (key: string, signal: AbortSignal): Promise<void> => this.#process(key, signal)
    const groupOf = (key: string): string => splitKey(key)[0]
    this.#queue = new WorkQueue({ process, onError, clock, random, groupOf, concurrency: 4 })
    const pathOf = (key: string): string => storePath(...splitKey(key))
    this.#finalizers = new UpstreamFinalizerRemover({ client, pathOf, mayWrite, onError, clock })
    const enqueue = (keys: readonly string[], priority: Priority): void => {
      for (const key of keys) this.#enqueue(key, priority)
    }
    const onChange: ObjectWatchOptions['onChange'] = (keys, _object, { isSeen }) =>
      enqueue(keys, isSeen ? PRIORITY.changed : PRIORITY.routine)
    this.#secrets = new ObjectWatch({ client, path: '/api/v1/secrets', onChange, onFault, clock })
    this.#serviceAccounts = new ObjectWatch({ client, path: '/api/v1/serviceaccounts', onChange, onFault, clock })
    this.#tokenFiles = new FileWatch({ onChange: (keys) => enqueue(keys, PRIORITY.changed), groupOf, clock })
  }

  get hasSynced(): boolean {
    return [...this.#reflectors.values()].every(({ hasSynced }) => hasSynced)
  }

  /** When the next client key expires, wall-clock milliseconds. */
  get nextExpiryMs(): number | undefined {
    return this.#expiries.size === 0 ? undefined : Math.min(...this.#expiries.values())
  }

  /** Number of stores by kind and status of the Ready condition. Iterates over all stores. */
  stats(): Readonly<Partial<Record<StoreKind['kind'], Readonly<Record<Readiness, number>>>>> {
    return Object.fromEntries(
      [...this.#reflectors].map(([{ kind }, reflector]) => {
        const ready = { True: 0, False: 0, Unknown: 0 }
        for (const store of reflector.values()) if (this.#isResolved(store)) ready[this.#readinessOf(store)] += 1
        return [kind, ready]
      }),
    )
  }

  /** Resolves when every store of the initial list was reconciled once, after 30 s, or when the signal aborts. */
  async initialSync(signal: AbortSignal): Promise<void> {
    const reflectors = [...this.#reflectors.values()]
    await Promise.all(reflectors.map(({ synced }) => synced))
    const stores = reflectors.flatMap((reflector) => [...reflector.values()].filter((store) => this.#isResolved(store)))
    const keys = stores
      .map(({ namespace, name }) => `${namespace}/${name}`)
      .filter((key) => !this.#connectionKeys.has(key))
    await this.#initialSync.wait(keys, { timeoutMs: INITIAL_SYNC_TIMEOUT_MS, clock: this.#options.clock, signal })
  }

  /** Requeues stores, after a delay that depends on the reason. */
  recheck(stores: readonly StoreName[], reason: RecheckReason): void {
    for (const { namespace, name } of stores) {
      this.#requeueAfter(`${namespace}/${name}`, RECHECK_DELAY_MS[reason])
    }
  }

  /** Updates the statuses of stores whose connection changed its state; flapping connections back off. */
  reachabilityChanged(stores: readonly StoreName[]): void {
    for (const { namespace, name } of stores) {
      const key = `${namespace}/${name}`
      this.#queue.addAfter(key, this.#reachabilityBackoff.retryInMs(key), PRIORITY.routine)
    }
  }

  /** Reconciles all stores and starts writing, as the leader. */
  lead(): void {
    this.#finalizers.start()
    for (const reflector of this.#reflectors.values()) {
      for (const { namespace, name } of reflector.values()) this.#enqueue(`${namespace}/${name}`, PRIORITY.routine)
    }
  }

  /** The stores whose status this process writes have changed. */
  reassign(): void {
    const { mayWrite, mayRemoveFinalizers } = this.#options
    for (const reflector of this.#reflectors.values()) {
      for (const store of reflector.values()) {
        if (mayWrite(store)) this.#queue.add(`${store.namespace}/${store.name}`, PRIORITY.routine)
      }
    }
    if (mayRemoveFinalizers()) this.#finalizers.resume()
  }

  /** Resolves when all writes that this process may no longer make have ended. */
  async written(): Promise<void> {
    await this.#reporter.idle()
    if (!this.#options.mayRemoveFinalizers()) await this.#finalizers.idle()
  }

  /** A store from the cache; the namespace of a ClusterSecretStore is empty. */
  get(key: string): CachedStore | undefined {
    return this.#cached(...splitKey(key))
  }

  /** As of {@link Reflector}. */
  readonly refresh = (options: RefreshOptions): Promise<unknown> =>
    Promise.all([...this.#reflectors.values()].map((reflector) => reflector.refresh(options)))

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#queue.start()
    await Promise.all([...this.#reflectors.values()].map((reflector) => reflector.run({ signal })))
    await this.close(0)
    await this.#secrets.close()
    await this.#serviceAccounts.close()
    await this.#tokenFiles.close()
  }

  /** Stops after the writes in progress, aborting them after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    await Promise.all([this.#queue.close(graceMs), this.#finalizers.close(graceMs)])
  }

  #reflect(kind: StoreKind): Reflector<CachedStore> {
    const { client, namespaces, crossNamespace, onFault } = this.#options
    const isNarrow = kind === SECRET_STORE && namespaces.watch.length > 0 && !crossNamespace
    return new Reflector<CachedStore>({
      client,
      path: resourcesPath(kind.kind),
      ...(isNarrow ? { namespaces: namespaces.watch } : {}),
      project: (raw) => {
        const store = toCachedStore(kind, raw, this.#cached(raw.metadata.namespace ?? '', raw.metadata.name ?? ''))
        if (this.#isManaged(store)) this.#finalizers.observe(`${store.namespace}/${store.name}`, raw.metadata)
        return store
      },
      onChange: (change) => this.#onChange(change),
      onFault,
    })
  }

  #onChange(change: ObjectChange<CachedStore>): void {
    const store = change.kind === 'deleted' ? change.previous : change.object
    const key = `${store.namespace}/${store.name}`
    if (change.kind === 'deleted') this.#finalizers.observe(key, undefined)
    this.#options.onCached(key)
    if (!this.#isResolved(store)) return
    if (change.kind === 'updated' && change.previous.generation === change.object.generation) this.#repairStatus(key)
    else this.#enqueue(key, PRIORITY.changed)
  }

  #enqueue(key: string, priority: Priority): void {
    this.#reconcileDueMs.set(key, -Infinity)
    this.#queue.add(key, priority)
  }

  #requeueAfter(key: string, delayMs: number): void {
    const dueMs = this.#options.clock.monotonic() + delayMs
    this.#reconcileDueMs.set(key, Math.min(dueMs, this.#reconcileDueMs.get(key) ?? Infinity))
    this.#queue.addAfter(key, delayMs, PRIORITY.routine)
  }

  /** Rewrites a status that another client changed, with a growing backoff. */
  #repairStatus(key: string): void {
    const store = this.#cached(...splitKey(key))
    if (!store || !this.#reporter.isOverwritten(key, store)) return
    this.#requeueAfter(key, this.#statusDrift.dueInMs(key))
  }

  /** Whether resources of this operator may use the store. */
  #isResolved(store: StoreName): boolean {
    return this.#options.crossNamespace || this.#isManaged(store)
  }

  #readinessOf({ namespace, name }: StoreName): Readiness {
    const key = `${namespace}/${name}`
    if (this.#failures.has(key)) return 'False'
    return this.#connectionKeys.has(key) ? 'True' : 'Unknown'
  }

  /** Whether the store is in a managed namespace; other stores are only read. */
  #isManaged({ namespace }: StoreName): boolean {
    return namespace === '' || admits(this.#options.namespaces, namespace)
  }

  async #process(key: string, signal: AbortSignal): Promise<void> {
    const dueInMs = (this.#reconcileDueMs.get(key) ?? Infinity) - this.#options.clock.monotonic()
    if (dueInMs > 0) {
      if (dueInMs !== Infinity) this.#queue.addAfter(key, dueInMs, PRIORITY.routine)
      return this.#rewriteStatus(key, signal)
    }
    this.#reconcileDueMs.delete(key)
    try {
      await this.#reconcile(key, signal)
    } catch (error) {
      this.#reconcileDueMs.set(key, -Infinity)
      throw error
    }
  }

  async #rewriteStatus(key: string, signal: AbortSignal): Promise<void> {
    const [namespace, name] = splitKey(key)
    const store = this.#cached(namespace, name)
    const state = this.#states.get(key)
    if (!store || !state || this.#options.isTerminating(namespace)) return
    await this.#reporter.report(key, store, state, signal)
    this.#repairStatus(key)
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<void> {
    const { stores } = this.#options
    const [namespace, name] = splitKey(key)
    const store = this.#cached(namespace, name)
    let state: StoreState | undefined
    try {
      if (!store) stores.remove(namespace, name)
      else if (store.parsed.ok) state = await stores.upsert(store.parsed.resource, { signal })
      else {
        stores.refuse(namespace, name, store.parsed.error)
        state = { ready: false, error: store.parsed.error }
      }
    } finally {
      const { secrets, serviceAccounts, tokenFiles } = stores.sourcesOf(namespace, name)
      this.#secrets.refer(key, secrets)
      this.#serviceAccounts.refer(key, serviceAccounts)
      this.#tokenFiles.refer(key, tokenFiles)
      this.#notifyStoreChange(key, { namespace, name })
      this.#initialSync.markReconciled(key)
    }
    if (store && this.#options.isTerminating(namespace)) {
      state = undefined
      this.#requeueAfter(key, MAX_RETRY_MS)
    }
    if (state === undefined) this.#states.delete(key)
    else this.#states.set(key, state)
    this.#recordExpiry(key, state)
    const failures = state?.ready === false ? (this.#failures.get(key) ?? 0) + 1 : 0
    if (failures === 0) this.#failures.delete(key)
    else this.#failures.set(key, failures)
    if (!store) {
      this.#reporter.forget(key)
      this.#statusDrift.forget(key)
      this.#reachabilityBackoff.forget(key)
    }
    this.#options.onState?.({ namespace, name }, state)
    if (!store || !state) return
    await this.#reporter.report(key, store, state, signal)
    // The watch may deliver another client's status before the response arrives.
    this.#repairStatus(key)
    const requeueInMs = requeueDelayMs(state, failures)
    if (requeueInMs !== undefined) this.#requeueAfter(key, requeueInMs)
  }

  #cached(namespace: string, name: string): CachedStore | undefined {
    return namespace === ''
      ? this.#reflectors.get(CLUSTER_SECRET_STORE)?.get(name)
      : this.#reflectors.get(SECRET_STORE)?.get(`${namespace}/${name}`)
  }

  /** Notifies only if the connection changed, because each notification rereads the secrets of all resources of the store. */
  #notifyStoreChange(key: string, store: StoreName): void {
    const now = this.#options.stores.leadsTo(store.namespace, store.name)
    if (this.#connectionKeys.get(key) === now) return
    if (now === undefined) this.#connectionKeys.delete(key)
    else this.#connectionKeys.set(key, now)
    this.#options.onStoreChange(store)
  }

  #recordExpiry(key: string, state: StoreState | undefined): void {
    const expiresAtMs = state?.ready === true ? state.expiresAtMs : undefined
    if (expiresAtMs === undefined) this.#expiries.delete(key)
    else this.#expiries.set(key, expiresAtMs)
  }
}

/** Delay of the periodic recheck; undefined if the store needs none. */
function requeueDelayMs(state: StoreState, failures: number): number | undefined {
  if (!state.ready) return Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1))
  if (state.unverified) return UNVERIFIED_RECHECK_MS
  return state.expiresAtMs === undefined ? undefined : EXPIRY_CHECK_MS
}
