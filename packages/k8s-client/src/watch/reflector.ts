import { type Clock, SecretSyncError, systemClock, toSecretSyncError } from '@ack-secret-manager/core'
import { type CollectionSink, CollectionWatch } from './list-watch.ts'
import type { KubeApiError } from '../client/kube-api-error.ts'
import type { KubeClient } from '../client/kube-client.ts'
import type { KubeObject } from '../client/kube-object.ts'
import { type ObjectChange, ObjectStore } from './store.ts'
import { inNamespace } from '../client/request-info.ts'

/** What went wrong, while the reflector goes on by itself. */
export interface ReflectorFault {
  /** `decode`: what came could not be read; the collection is listed anew. `project`, `handler`: a callback threw. */
  readonly during: 'list' | 'watch' | 'decode' | 'project' | 'handler'
  /** Path of the collection, or key of the object. */
  readonly path: string
  readonly error: KubeApiError | SecretSyncError
  /** Pause before the next attempt, 0 where none is needed. */
  readonly retryInMs: number
}

/** How the history of a collection was found to have gone back. */
export interface ResourceVersionRollback {
  readonly path: string
  /** The resourceVersion up to which everything had been told. */
  readonly reached: string
  /** That of the list that is older. */
  readonly listed: string
}

/** Facts for health and metrics. */
export interface ReflectorStats {
  readonly synced: boolean
  /** Every watch is open right now. */
  readonly watching: boolean
  /** Monotonic milliseconds of the clock when the API server was last heard, of the quietest collection. */
  readonly lastActivityMs: number
  readonly objects: number
  /** Pages asked for. */
  readonly lists: number
  readonly watches: number
  readonly faults: number
}

/** Options of {@link Reflector}. */
export interface ReflectorOptions<T> {
  readonly client: Pick<KubeClient, 'list' | 'stream'>
  /** Collection over all namespaces: `/apis/alibabacloud.com/v1alpha1/externalsecrets`. */
  readonly path: string
  /** Only these, with a watch each. @default all namespaces, with one watch */
  readonly namespaces?: readonly string[]
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Ask for metadata only. @default false */
  readonly metadataOnly?: boolean
  /** What the cache keeps of an object: keep it small. Items of a list may lack `apiVersion` and `kind`. */
  readonly project: (raw: KubeObject) => T
  /** Called in order, synchronously: enqueue and return. What it throws goes to `onFault`. */
  readonly onChange?: (change: ObjectChange<T>) => void
  /** A whole list has been taken over. Must not throw. */
  readonly onListed?: () => void
  /** Must not throw. */
  readonly onFault?: (fault: ReflectorFault) => void
  /**
   * A list is older than what was reached, as after etcd was restored from a backup: whatever is known of later versions, and
   * waits for newer ones, is wrong. Told once, before anything of the list is taken over; the reflector has ended then. With this
   * option the API server is asked how far it is after each watch. Not noticed is a history that had grown beyond what was
   * reached by then; nothing is to be noticed where the restored revision was bumped (`etcdutl snapshot restore
   * --bump-revision --mark-compacted`): everything is newer then, and listed anew. Must not throw.
   * @default an older list is taken over like any other
   */
  readonly onResourceVersionRollback?: (rewind: ResourceVersionRollback) => void
  /** Most objects in a page of a list; fewer are asked for where they are large. @default 500 */
  readonly pageSize?: number
  /**
   * Longest event of a watch; after a longer one everything is listed again. The API server takes 3 MiB for an object, and JSON
   * writes a byte as six at most (`\u003c`): 18 MiB.
   * @default 33_554_432 (32 MiB), as for an object that is listed
   */
  readonly maxLineBytes?: number
  /** Shortest time that a watch is asked to last; drawn between this and its double. @default 300_000 */
  readonly watchTimeoutMs?: number
  /** Silence after which a watch is given up. The API server sends a bookmark every minute. @default 90_000 */
  readonly idleTimeoutMs?: number
  /**
   * How often everything is listed although no watch was lost, ± 10 %, at the end of a watch: a guard against faults
   * of API servers and proxies that nobody notices.
   * @default 36_000_000 (10 h)
   */
  readonly relistIntervalMs?: number
  /** Pauses after failures, with full jitter. @default 1 s, doubled up to 30 s */
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number }
  /** @default systemClock */
  readonly clock?: Clock
  /** A number in [0, 1). @default Math.random */
  readonly random?: () => number
}

const DEFAULTS = {
  metadataOnly: false,
  labelSelector: undefined,
  fieldSelector: undefined,
  pageSize: 500,
  maxLineBytes: 32 * 1024 * 1024,
  watchTimeoutMs: 300_000,
  idleTimeoutMs: 90_000,
  relistIntervalMs: 36_000_000,
  backoff: { baseMs: 1_000, maxMs: 30_000 },
  clock: systemClock,
  random: Math.random,
}

interface Collection {
  readonly namespace: string | undefined
  readonly watch: CollectionWatch
  isListed: boolean
  heardMs: number
  reached: string | undefined
}

/**
 * Keeps a projection of a collection equal to the API server's: paginated list, then watch with bookmarks, resumed after
 * every interruption, listed anew where the history is gone. Never gives up; tells its faults and goes on.
 */
export class Reflector<T> implements AsyncDisposable {
  /** Resolves once everything that was there at the start is in the cache; rejects when closed before that. */
  readonly synced: Promise<void>
  readonly #store: ObjectStore<T>
  readonly #collections: readonly Collection[]
  readonly #onFault: ((fault: ReflectorFault) => void) | undefined
  readonly #closing = new AbortController()
  #resolveSynced: () => void = () => {}
  #rejectSynced: (error: SecretSyncError) => void = () => {}
  #running: Promise<void> | undefined
  #faults = 0

  constructor(options: ReflectorOptions<T>) {
    const { path, namespaces, project, onChange, onFault } = options
    this.#onFault = onFault
    this.synced = new Promise((resolve, reject) => {
      this.#resolveSynced = resolve
      this.#rejectSynced = reject
    })
    // Who wants to know waits for it; nobody has to.
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
      lastActivityMs: Math.min(...this.#collections.map((collection) => collection.heardMs)),
      objects: this.size,
      lists: sum('lists'),
      watches: sum('watches'),
      faults: this.#faults,
    }
  }

  get size(): number {
    return this.#store.size
  }

  /** By `namespace/name`, or the bare name of a cluster-scoped object. */
  get(key: string): T | undefined {
    return this.#store.get(key)
  }

  /**
   * The resourceVersion up to which everything has been told of a namespace: an object of that version or an older one that is
   * not in the cache is gone, whoever still hears of it. Undefined before the first list, and where nothing is watched.
   */
  lastResourceVersion(namespace: string): string | undefined {
    const collection = this.#collections.find((each) => each.namespace === undefined || each.namespace === namespace)
    return collection?.reached
  }

  entries(): IterableIterator<[string, T]> {
    return this.#store.entries()
  }

  values(): IterableIterator<T> {
    return this.#store.values()
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
    this.#rejectSynced(new SecretSyncError('Cancelled', 'the reflector was closed before its first list ended'))
  }

  #collection(options: ReflectorOptions<T>, path: string, namespace?: string): Collection {
    const settings = { ...DEFAULTS, ...options }
    const { clock, onResourceVersionRollback } = settings
    const sink: CollectionSink = {
      upsert: (object) => this.#store.upsert(object),
      remove: (key) => this.#store.remove(key),
      listed: (seen, resourceVersion) => {
        this.#store.retain(seen, namespace)
        collection.reached = resourceVersion
        collection.isListed = true
        options.onListed?.()
        if (this.hasSynced) this.#resolveSynced()
      },
      reached: (resourceVersion) => {
        collection.reached = resourceVersion
      },
      heard: () => {
        collection.heardMs = clock.monotonic()
      },
      fault: (during, error, retryInMs) => this.#fault({ during, path, error, retryInMs }),
      rewound:
        onResourceVersionRollback &&
        ((reached, listed) => {
          if (this.#closing.signal.aborted) return
          this.#closing.abort()
          onResourceVersionRollback({ path, reached, listed })
        }),
    }
    const watch = new CollectionWatch({ ...settings, path, sink })
    const collection: Collection = {
      namespace,
      watch,
      isListed: false,
      heardMs: clock.monotonic(),
      reached: undefined,
    }
    return collection
  }

  #fault(fault: ReflectorFault): void {
    this.#faults += 1
    this.#onFault?.(fault)
  }
}
