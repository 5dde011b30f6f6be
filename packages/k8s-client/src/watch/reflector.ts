import {
  checkLimits,
  type Clock,
  SecretSyncError,
  systemClock,
  toSecretSyncError,
  withDefaults,
} from '@ack-secret-manager/core'
import { type ListWatchHandler, ListWatch, type RefreshOptions } from './list-watch.ts'
import type { KubeApiError } from '../client/kube-api-error.ts'
import type { KubeClient } from '../client/kube-client.ts'
import type { KubeObject } from '../client/kube-object.ts'
import { type ObjectChange, ObjectStore } from './store.ts'
import { inNamespace } from '../client/request-info.ts'

/** A failure after which the reflector continues. */
export interface ReflectorFault {
  /** `decode`: a response was invalid, and the collection is listed again. `project`, `handler`: a callback threw. */
  readonly during: 'list' | 'watch' | 'decode' | 'project' | 'handler'
  /** Path of the collection, or key of the object. */
  readonly path: string
  readonly error: KubeApiError | SecretSyncError
  /** Pause before the next attempt; 0 for none. */
  readonly retryInMs: number
}

/** A response that is older than an earlier one of the same collection or object. */
export interface ResourceVersionRollback {
  readonly path: string
  /** The last resourceVersion. */
  readonly reached: string
  /** The older resourceVersion that was read after it. */
  readonly listed: string
}

/** State for health checks and metrics. */
export interface ReflectorStats {
  readonly synced: boolean
  /** All watches are open. */
  readonly watching: boolean
  /** Monotonic time of the last data from the API server, of the collection where it is oldest. */
  readonly lastActivityMs: number
  readonly objects: number
  /** Pages requested. */
  readonly lists: number
  readonly watches: number
  readonly faults: number
}

export interface ReflectorOptions<T> {
  readonly client: Pick<KubeClient, 'list' | 'stream'>
  /** Collection over all namespaces: `/apis/alibabacloud.com/v1alpha1/externalsecrets`. */
  readonly path: string
  /** Namespaces to watch, one watch each. @default all namespaces with one watch */
  readonly namespaces?: readonly string[]
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Request only metadata. @default false */
  readonly metadataOnly?: boolean
  /** Part of an object to cache: keep it small. Items of a list may lack `apiVersion` and `kind`. */
  readonly project: (raw: KubeObject) => T
  /** Called in order and synchronously: enqueue and return. `onFault` receives what it throws. */
  readonly onChange?: (change: ObjectChange<T>) => void
  /** A list was applied completely. Must not throw. */
  readonly onListed?: () => void
  /** Must not throw. */
  readonly onFault?: (fault: ReflectorFault) => void
  /**
   * A list, or an object in it, is older than its last resourceVersion, as after a restore of etcd from a backup. Cached state is then
   * invalid. Called once, before the list is applied, and the reflector stops. Must not throw.
   *
   * With this option the reflector lists one object after each watch to read the current resourceVersion. If the restored history
   * has already grown past it, or was restored with `--bump-revision`, a list after a 410 shows the rollback by an older object. A
   * watch that is resumed in such a history without a 410 does not show it.
   * @default an older list is applied like any other
   */
  readonly onResourceVersionRollback?: (rollback: ResourceVersionRollback) => void
  /** Maximum number of objects of a list page; pages of large objects have fewer. @default 500 */
  readonly pageSize?: number
  /**
   * Longest event of a watch; a longer one causes a new list. The API server accepts objects of 3 MiB, and JSON escapes a byte
   * with at most six (`\u003c`), which is 18 MiB.
   * @default 33_554_432 (32 MiB), as for a listed object
   */
  readonly maxLineBytes?: number
  /** Minimum duration of a watch; the actual one is random up to twice this value. @default 300_000 */
  readonly watchTimeoutMs?: number
  /** Time without data after which a watch is reopened. The API server sends a bookmark every minute. @default 90_000 */
  readonly idleTimeoutMs?: number
  /**
   * Interval of full lists, ± 10 %, at the end of a watch. They repair undetected faults of API servers and proxies.
   * After a failed list the watch continues, and the list is repeated about ten minutes later.
   * @default 36_000_000 (10 h)
   */
  readonly relistIntervalMs?: number
  /** Backoff after failures, with full jitter. @default 1 s, doubled up to 30 s */
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number }
  /** @default systemClock */
  readonly clock?: Clock
  /** A number in [0, 1). @default Math.random */
  readonly random?: () => number
}

const DEFAULTS = {
  metadataOnly: false,
  pageSize: 500,
  maxLineBytes: 32 * 1024 * 1024,
  watchTimeoutMs: 300_000,
  idleTimeoutMs: 90_000,
  relistIntervalMs: 36_000_000,
  backoff: { baseMs: 1_000, maxMs: 30_000 },
  clock: systemClock,
  random: Math.random,
}

function checkOptions<T>(options: ReflectorOptions<T>): void {
  const settings = withDefaults(options, DEFAULTS)
  const { pageSize, maxLineBytes, watchTimeoutMs, idleTimeoutMs, relistIntervalMs, backoff } = settings
  checkLimits({ pageSize, maxLineBytes, watchTimeoutMs, idleTimeoutMs, relistIntervalMs })
  checkLimits({ 'backoff.baseMs': backoff.baseMs, 'backoff.maxMs': backoff.maxMs })
}

interface Collection {
  readonly namespace: string | undefined
  readonly watch: ListWatch
  isListed: boolean
  lastActivityMs: number
  lastResourceVersion: string | undefined
}

/**
 * Caches a projection of a collection: paginated list, then a watch with bookmarks. It resumes the watch after an interruption and
 * lists again after a 410. It reports faults and never stops by itself, except after a resourceVersion rollback.
 */
export class Reflector<T> implements AsyncDisposable {
  readonly #firstLists = Promise.withResolvers<void>()
  /** Resolves when the first list of every collection is in the cache; rejects if the reflector is closed first. */
  readonly synced = this.#firstLists.promise
  readonly #store: ObjectStore<T>
  readonly #collections: readonly Collection[]
  readonly #onFault: ((fault: ReflectorFault) => void) | undefined
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined
  #faults = 0

  /** @throws RangeError for a limit that is not a whole number of at least 1 */
  constructor(options: ReflectorOptions<T>) {
    const { path, namespaces, project, onChange, onFault } = options
    checkOptions(options)
    this.#onFault = onFault
    // Callers may ignore `synced`, so its rejection must not be unhandled.
    this.synced.catch(() => {})
    this.#store = new ObjectStore({
      project,
      onChange: (change) => onChange?.(change),
      onThrow: (during, key, error) =>
        this.#fault({
          during,
          path: key,
          error: toSecretSyncError(error, `${during} of ${path} ${key}`),
          retryInMs: 0,
        }),
    })
    this.#collections =
      namespaces === undefined
        ? [this.#collection(options, path)]
        : [...new Set(namespaces)].map((name) => this.#collection(options, inNamespace(path, name), name))
  }

  get hasSynced(): boolean {
    return this.#collections.every((collection) => collection.isListed)
  }

  get stats(): ReflectorStats {
    const each = this.#collections.map((collection) => collection.watch.stats)
    const sum = (of: 'lists' | 'watches'): number => each.reduce((total, stats) => total + stats[of], 0)
    return {
      synced: this.hasSynced,
      watching: each.every((stats) => stats.watching),
      lastActivityMs: Math.min(...this.#collections.map((collection) => collection.lastActivityMs)),
      objects: this.size,
      lists: sum('lists'),
      watches: sum('watches'),
      faults: this.#faults,
    }
  }

  get size(): number {
    return this.#store.size
  }

  /** @param key `namespace/name`, or the name of a cluster-scoped object */
  get(key: string): T | undefined {
    return this.#store.get(key)
  }

  /**
   * The last resourceVersion that was delivered for a namespace. An object of this or an older version that is not in the cache
   * has been deleted. Undefined before the first list and for a namespace that is not watched.
   */
  lastResourceVersion(namespace: string): string | undefined {
    const collection = this.#collections.find((each) => each.namespace === undefined || each.namespace === namespace)
    return collection?.lastResourceVersion
  }

  entries(): IterableIterator<[string, T]> {
    return this.#store.entries()
  }

  values(): IterableIterator<T> {
    return this.#store.values()
  }

  /**
   * Lists every collection again whose last list was applied more than `maxAgeMs` ago or whose watch is not open; a collection without a first
   * list is left alone. Resolves when the cache has all changes until this call: a watch that lags does not show it. Rejects with the reason of
   * the signal; then the watches go on.
   */
  async refresh(options: RefreshOptions): Promise<void> {
    await Promise.all(this.#collections.map((collection) => collection.watch.refresh(options)))
  }

  /** Runs until the signal aborts or `close` is called. Call it once. */
  run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    if (this.#running) throw new TypeError('Reflector.run: called twice')
    this.#running = this.#run(signal)
    return this.#running
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
    this.#rejectUnsynced()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#closing.abort()
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    await Promise.all(this.#collections.map((collection) => collection.watch.run(this.#closing.signal)))
    signal.removeEventListener('abort', stop)
    this.#rejectUnsynced()
  }

  #rejectUnsynced(): void {
    this.#firstLists.reject(
      new SecretSyncError('Cancelled', 'the reflector was closed before its first list completed'),
    )
  }

  #collection(options: ReflectorOptions<T>, path: string, namespace?: string): Collection {
    const settings = { labelSelector: undefined, fieldSelector: undefined, ...withDefaults(options, DEFAULTS) }
    const { clock, onResourceVersionRollback } = settings
    const handler: ListWatchHandler = {
      upsert: (object) => this.#store.upsert(object),
      remove: (key) => this.#store.remove(key),
      versionOf: (metadata) => this.#store.versionOf(metadata),
      onListed: (seen, resourceVersion) => {
        this.#store.retain(seen, namespace)
        collection.lastResourceVersion = resourceVersion
        collection.isListed = true
        options.onListed?.()
        if (this.hasSynced) this.#firstLists.resolve()
      },
      onResourceVersion: (resourceVersion) => {
        collection.lastResourceVersion = resourceVersion
      },
      onActivity: () => {
        collection.lastActivityMs = clock.monotonic()
      },
      onFault: (during, error, retryInMs) => this.#fault({ during, path, error, retryInMs }),
      onRollback:
        onResourceVersionRollback &&
        ((reached, listed) => {
          if (this.#closing.signal.aborted) return
          this.#closing.abort()
          onResourceVersionRollback({ path, reached, listed })
        }),
    }
    const watch = new ListWatch({ ...settings, path, handler })
    const collection: Collection = {
      namespace,
      watch,
      isListed: false,
      lastActivityMs: clock.monotonic(),
      lastResourceVersion: undefined,
    }
    return collection
  }

  #fault(fault: ReflectorFault): void {
    this.#faults += 1
    this.#onFault?.(fault)
  }
}
