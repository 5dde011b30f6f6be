import type { Clock, SecretSyncError } from '@ack-secret-manager/core'
import {
  type EventRecorder,
  type KubeClient,
  ObjectWatch,
  type ObjectWatchOptions,
  type ObjectChange,
  Reflector,
  type ReflectorFault,
} from '@ack-secret-manager/k8s-client'
import { GROUP, VERSION } from '@ack-secret-manager/resources'
import type { RecheckReason, StoreRegistry, StoreState } from '@ack-secret-manager/stores'
import {
  DriftPacer,
  type Priority,
  PRIORITY,
  type Reachability,
  splitKey,
  WorkQueue,
} from '@ack-secret-manager/sync-engine'
import { FilesWatch } from './file-watch.ts'
import { FirstLooks } from './initial-sync.ts'
import { admits, type NamespaceFilter } from '../shared/namespace-filter.ts'
import { SecretStoreReporter } from './secret-store-reporter.ts'
import { type SeenStore, seenStoreOf, type StoreName, storePath } from './cached-store.ts'
import { CLUSTER_SECRET_STORE, SECRET_STORE, type StoreKind } from './store-kind.ts'
import { UpstreamFinalizerRemover } from '../shared/upstream-finalizer.ts'

/** Options of a {@link SecretStoreController}. */
export interface SecretStoreControllerOptions {
  readonly client: Pick<KubeClient, 'list' | 'stream' | 'mergePatch'>
  readonly stores: Pick<StoreRegistry, 'upsert' | 'refuse' | 'remove' | 'sourcesOf' | 'leadsTo'>
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
  /** Of a store's connection at its own endpoint; undefined where no resource reads through it. */
  readonly reachability: (store: StoreName) => Reachability | undefined
  /** How a store is, each time that it was looked at; undefined where it is gone. */
  readonly onState?: (store: StoreName, state: StoreState | undefined) => void
  readonly onError: (store: string, error: SecretSyncError, retryInMs: number) => void
  readonly onFault: (fault: ReflectorFault) => void
  /** Only the leader writes a status. */
  readonly mayWrite: () => boolean
  /** Whether a namespace is being deleted: nothing is said of its stores any more. */
  readonly isTerminating: (namespace: string) => boolean
}

/**
 * How soon a store that is not ready is looked at again: a session that was ended is there again after a moment, and until
 * then nobody reads through the store. Twice as late each time; a change of the store or of its credentials is noticed at once.
 */
const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 60_000
/**
 * How soon a store is looked at again that is in doubt. To look asks for the credential, and must not be the reason to look again
 * at once; a session that was ended is renewed by the read after the refused one, and needs no look at all.
 */
const DOUBT_MS: Readonly<Record<RecheckReason, number>> = { refused: 3_000, accepted: 0, unrenewed: 10_000 }
/** How soon a store is looked at again whose credential expires. */
const EXPIRY_CHECK_MS = 24 * 3_600_000
/** How soon a store is looked at again of which STS could not say whose it is. */
const UNPROVEN_CHECK_MS = 600_000

/**
 * Longest wait for the first look at all stores: whoever names one that comes later is told that it is not ready yet, and synced
 * when it is. Longer than two that hang take one after the other.
 */
const SETTLE_MS = 30_000

/** Status of the condition Ready. */
type Readiness = 'True' | 'False' | 'Unknown'

/** Keeps the registry of stores equal to the stores of the cluster, and tells in their status how they are. */
export class SecretStoreController {
  readonly #options: SecretStoreControllerOptions
  readonly #reflectors: ReadonlyMap<StoreKind, Reflector<SeenStore>>
  readonly #queue: WorkQueue
  readonly #reporter: SecretStoreReporter
  readonly #finalizers: UpstreamFinalizerRemover
  /** Of statuses that somebody else writes. */
  readonly #statusDrift: DriftPacer
  /** Of connections that are lost and found again and again. */
  readonly #reachability: DriftPacer
  /** How each store was when it was last looked at. */
  readonly #states = new Map<string, StoreState>()
  /** When each store is due for a look, monotonic. One that is not only gets its status: a look asks for its credential. */
  readonly #lookDueMs = new Map<string, number>()
  readonly #secrets: ObjectWatch
  readonly #serviceAccounts: ObjectWatch
  readonly #tokenFiles: FilesWatch
  readonly #firstLooks = new FirstLooks()
  /** Where each store led when it was last looked at. */
  readonly #leadsTo = new Map<string, string>()
  /** How often each store that is not ready has been looked at since it was. */
  readonly #failures = new Map<string, number>()
  /** When the client keys of stores expire, wall-clock milliseconds. */
  readonly #expiries = new Map<string, number>()

  constructor(options: SecretStoreControllerOptions) {
    this.#options = options
    const { client, clusterStores, clock, random, onError, onFault } = options
    this.#reporter = new SecretStoreReporter(options)
    this.#statusDrift = new DriftPacer(clock)
    this.#reachability = new DriftPacer(clock)
    const kinds = clusterStores ? [SECRET_STORE, CLUSTER_SECRET_STORE] : [SECRET_STORE]
    this.#reflectors = new Map(kinds.map((kind) => [kind, this.#reflect(kind)]))
    const process = (key: string, signal: AbortSignal): Promise<void> => this.#process(key, signal)
    const groupOf = (key: string): string => splitKey(key)[0]
    this.#queue = new WorkQueue({ process, onError, clock, random, groupOf, concurrency: 4 })
    const pathOf = (key: string): string => storePath(...splitKey(key))
    this.#finalizers = new UpstreamFinalizerRemover({ client, pathOf, onError, clock })
    const look = (keys: readonly string[], priority: Priority): void => {
      for (const key of keys) this.#look(key, priority)
    }
    const onChange: ObjectWatchOptions['onChange'] = (keys, _object, { isSeen }) =>
      look(keys, isSeen ? PRIORITY.changed : PRIORITY.routine)
    this.#secrets = new ObjectWatch({ client, path: '/api/v1/secrets', onChange, onFault, clock })
    this.#serviceAccounts = new ObjectWatch({ client, path: '/api/v1/serviceaccounts', onChange, onFault, clock })
    this.#tokenFiles = new FilesWatch({ onChange: (keys) => look(keys, PRIORITY.changed), groupOf, clock })
  }

  get hasSynced(): boolean {
    return [...this.#reflectors.values()].every(({ hasSynced }) => hasSynced)
  }

  /** When the next client key expires, wall-clock milliseconds. */
  get nextExpiryMs(): number | undefined {
    return this.#expiries.size === 0 ? undefined : Math.min(...this.#expiries.values())
  }

  /** How many stores of each kind are ready, by the status of that condition. Counts all of them: not for a hot path. */
  stats(): Readonly<Partial<Record<StoreKind['kind'], Readonly<Record<Readiness, number>>>>> {
    return Object.fromEntries(
      [...this.#reflectors].map(([{ kind }, reflector]) => {
        const ready = { True: 0, False: 0, Unknown: 0 }
        for (const store of reflector.values()) if (this.#isLookedAt(store)) ready[this.#readinessOf(store)] += 1
        return [kind, ready]
      }),
    )
  }

  /** Resolves when every store that was there at the start has been looked at once, after half a minute, or when the signal aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    const reflectors = [...this.#reflectors.values()]
    await Promise.all(reflectors.map(({ synced }) => synced))
    const stores = reflectors.flatMap((reflector) => [...reflector.values()].filter((store) => this.#isLookedAt(store)))
    const keys = stores.map(({ namespace, name }) => `${namespace}/${name}`).filter((key) => !this.#leadsTo.has(key))
    await this.#firstLooks.wait(keys, { timeoutMs: SETTLE_MS, clock: this.#options.clock, signal })
  }

  /** Looks at these stores again, after a pause that depends on why. */
  doubt(stores: readonly StoreName[], why: RecheckReason): void {
    for (const { namespace, name } of stores) {
      this.#lookAfter(`${namespace}/${name}`, DOUBT_MS[why])
    }
  }

  /** A connection of these stores has changed its state: their status says so, and soon, unless it does so again and again. */
  reachabilityChanged(stores: readonly StoreName[]): void {
    for (const { namespace, name } of stores) {
      const key = `${namespace}/${name}`
      this.#queue.addAfter(key, this.#reachability.retryInMs(key), PRIORITY.routine)
    }
  }

  /** This replica leads: it looks at all stores again, and may write to them. */
  lead(): void {
    this.#finalizers.start()
    for (const reflector of this.#reflectors.values()) {
      for (const { namespace, name } of reflector.values()) this.#look(`${namespace}/${name}`, PRIORITY.routine)
    }
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#queue.start()
    await Promise.all([...this.#reflectors.values()].map((reflector) => reflector.run({ signal })))
    await this.close(0)
    await this.#secrets.close()
    await this.#serviceAccounts.close()
    await this.#tokenFiles.close()
  }

  /** Finishes the writes under way, aborting them after `graceMs`; no store is looked at any more. */
  async close(graceMs: number): Promise<void> {
    await Promise.all([this.#queue.close(graceMs), this.#finalizers.close(graceMs)])
  }

  #reflect(kind: StoreKind): Reflector<SeenStore> {
    const { client, namespaces, crossNamespace, onFault } = this.#options
    const isNarrow = kind === SECRET_STORE && namespaces.watch.length > 0 && !crossNamespace
    return new Reflector<SeenStore>({
      client,
      path: `/apis/${GROUP}/${VERSION}/${kind.plural}`,
      ...(isNarrow ? { namespaces: namespaces.watch } : {}),
      project: (raw) => {
        const seen = seenStoreOf(kind, raw)
        if (this.#isOurs(seen)) this.#finalizers.see(`${seen.namespace}/${seen.name}`, raw.metadata)
        return seen
      },
      onChange: (change) => this.#onChange(change),
      onFault,
    })
  }

  #onChange(change: ObjectChange<SeenStore>): void {
    const store = change.kind === 'deleted' ? change.previous : change.object
    const key = `${store.namespace}/${store.name}`
    if (change.kind === 'deleted') this.#finalizers.see(key, undefined)
    if (!this.#isLookedAt(store)) return
    if (change.kind === 'updated' && change.previous.generation === change.object.generation) this.#keepStatus(key)
    else this.#look(key, PRIORITY.changed)
  }

  #look(key: string, priority: Priority): void {
    this.#lookDueMs.set(key, -Infinity)
    this.#queue.add(key, priority)
  }

  #lookAfter(key: string, delayMs: number): void {
    const dueMs = this.#options.clock.monotonic() + delayMs
    this.#lookDueMs.set(key, Math.min(dueMs, this.#lookDueMs.get(key) ?? Infinity))
    this.#queue.addAfter(key, delayMs, PRIORITY.routine)
  }

  /** A status that somebody else has written is written anew, with pauses that grow if it goes on. */
  #keepStatus(key: string): void {
    const seen = this.#find(...splitKey(key))
    if (!seen || !this.#reporter.isOverwritten(key, seen)) return
    this.#lookAfter(key, this.#statusDrift.dueInMs(key))
  }

  #isLookedAt(store: StoreName): boolean {
    return this.#options.crossNamespace || this.#isOurs(store)
  }

  #readinessOf({ namespace, name }: StoreName): Readiness {
    const key = `${namespace}/${name}`
    if (this.#failures.has(key)) return 'False'
    return this.#leadsTo.has(key) ? 'True' : 'Unknown'
  }

  /** Of a namespace that is looked after, and not only read for others. */
  #isOurs({ namespace }: StoreName): boolean {
    return namespace === '' || admits(this.#options.namespaces, namespace)
  }

  async #process(key: string, signal: AbortSignal): Promise<void> {
    const dueInMs = (this.#lookDueMs.get(key) ?? Infinity) - this.#options.clock.monotonic()
    if (dueInMs > 0) {
      if (dueInMs !== Infinity) this.#queue.addAfter(key, dueInMs, PRIORITY.routine)
      return this.#reportAgain(key, signal)
    }
    this.#lookDueMs.delete(key)
    try {
      await this.#lookAt(key, signal)
    } catch (error) {
      this.#lookDueMs.set(key, -Infinity)
      throw error
    }
  }

  async #reportAgain(key: string, signal: AbortSignal): Promise<void> {
    const [namespace, name] = splitKey(key)
    const seen = this.#find(namespace, name)
    const state = this.#states.get(key)
    if (!seen || !state || this.#options.isTerminating(namespace)) return
    await this.#reporter.report(key, seen, state, signal)
    this.#keepStatus(key)
  }

  async #lookAt(key: string, signal: AbortSignal): Promise<void> {
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
      const { secrets, serviceAccounts, tokenFiles } = stores.sourcesOf(namespace, name)
      this.#secrets.refer(key, secrets)
      this.#serviceAccounts.refer(key, serviceAccounts)
      this.#tokenFiles.refer(key, tokenFiles)
      this.#tell(key, { namespace, name })
      this.#firstLooks.note(key)
    }
    if (seen && this.#options.isTerminating(namespace)) {
      state = undefined
      this.#lookAfter(key, MAX_RETRY_MS)
    }
    if (state === undefined) this.#states.delete(key)
    else this.#states.set(key, state)
    this.#noteExpiry(key, state)
    const failures = state?.ready === false ? (this.#failures.get(key) ?? 0) + 1 : 0
    if (failures === 0) this.#failures.delete(key)
    else this.#failures.set(key, failures)
    if (!seen) {
      this.#reporter.forget(key)
      this.#statusDrift.forget(key)
      this.#reachability.forget(key)
    }
    this.#options.onState?.({ namespace, name }, state)
    if (!seen || !state) return
    await this.#reporter.report(key, seen, state, signal)
    // The watch may have been faster than the answer.
    this.#keepStatus(key)
    const lookInMs = nextLookMs(state, failures)
    if (lookInMs !== undefined) this.#lookAfter(key, lookInMs)
  }

  #find(namespace: string, name: string): SeenStore | undefined {
    return namespace === ''
      ? this.#reflectors.get(CLUSTER_SECRET_STORE)?.get(name)
      : this.#reflectors.get(SECRET_STORE)?.get(`${namespace}/${name}`)
  }

  /** Only when the store leads elsewhere than it did: to look at all its resources for nothing would read their secrets anew. */
  #tell(key: string, store: StoreName): void {
    const now = this.#options.stores.leadsTo(store.namespace, store.name)
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
}

/** When a store has to be looked at again although nothing has changed; undefined for never. */
function nextLookMs(state: StoreState, failures: number): number | undefined {
  if (!state.ready) return Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1))
  if (state.unverified) return UNPROVEN_CHECK_MS
  return state.expiresAtMs === undefined ? undefined : EXPIRY_CHECK_MS
}
