import {
  type Clock,
  type ContentDigester,
  defined,
  type ObservedSecret,
  type TargetChange,
  type TargetRef,
  type TargetValues,
  TimeShare,
  withDeadline,
} from '@ack-secret-manager/core'
import {
  type KubeClient,
  type ObjectChange,
  compareResourceVersions,
  Reflector,
  type ReflectorFault,
  type ReflectorStats,
  type ResourceVersionRollback,
} from '@ack-secret-manager/k8s-client'
import { ContentChecks } from './content-checks/content-checks.ts'
import { asObserved, inspectTimed, valuesOf } from './content-checks/inspected-secret.ts'
import { replacementOf } from './replacement/replacement.ts'
import { pathOf, SECRETS_PATH, type SecretsApi, SELECTOR } from './write/secrets-api.ts'
import { MetadataBudget, type MetadataBudgetOptions } from './cache/metadata-budget.ts'
import { RecentSecrets } from './cache/recent-secrets.ts'
import type { SecretCacheEntry } from './cache/secret-cache-entry.ts'
import { type ResponseDetails, SecretCache } from './cache/secret-cache.ts'
import { type CachedSecret, isStub } from './cache/secret-stub.ts'
import { StubReadmission } from './cache/stub-readmission.ts'
import { WatchBookmark } from './cache/watch-bookmark.ts'
import { WatchDecoder } from './cache/watch-decoder.ts'

/** The watch of a {@link SecretInformer}. */
export interface SecretWatchOptions {
  readonly client: KubeClient
  /** @default all */
  readonly namespaces?: readonly string[] | undefined
  readonly onFault: (fault: ReflectorFault) => void
  /** Of Secrets with much metadata. */
  readonly budget: MetadataBudgetOptions
}

/** Share of the time of the event loop that Secrets with much metadata may take in the long run, by namespace. */
const DECODE_SHARE = 0.1
/** Time that may be used at once, such as for the first list. */
const DECODE_BURST_MS = 5_000

export interface SecretInformerOptions {
  readonly api: Pick<SecretsApi, 'get' | 'getWhole' | 'list'>
  /** Compares content with records if metadata is not conclusive. */
  readonly digester: ContentDigester
  readonly clock: Clock
  /** How long an observation waits for the first list. */
  readonly timeoutMs: number
  /** A Secret is older than an earlier response, as after a restore of etcd from a backup. */
  readonly onResourceVersionRollback?: ((rollback: ResourceVersionRollback) => void) | undefined
  /** Undefined: every observation reads from the API server. */
  readonly watch?: SecretWatchOptions | undefined
}

/** Keeps the cache of managed Secrets current from watch events, responses and own writes, and reports changes by others. */
export class SecretInformer {
  readonly cache: SecretCache
  readonly #options: SecretInformerOptions
  readonly #reflector: Reflector<CachedSecret> | undefined
  readonly #budget: MetadataBudget | undefined
  /** By namespace. */
  readonly #decodeTime: TimeShare
  readonly #namespaces: ReadonlySet<string> | undefined
  readonly #bookmark: WatchBookmark
  readonly #checks: ContentChecks
  readonly #recent = new RecentSecrets()
  readonly #decoder: WatchDecoder
  readonly #listeners = new Set<(change: TargetChange) => void>()
  readonly #readmission: StubReadmission
  /** The watch was stopped, so the cache is outdated. */
  #isStopped = false

  constructor(options: SecretInformerOptions) {
    this.#options = options
    const { watch } = options
    this.#decodeTime = new TimeShare({ clock: options.clock, share: DECODE_SHARE, burstMs: DECODE_BURST_MS })
    this.#checks = new ContentChecks({
      ...options,
      decodeTime: this.#decodeTime,
      isStub: (target) => this.#isStub(target),
      onBroken: (secret, keys) => this.#notify(this.cache.markPossiblyDrifted(secret, keys)),
      onFailed: (target) => this.#notify(this.cache.markUnverified(target)),
    })
    this.#budget = watch && new MetadataBudget(watch.budget)
    const onUnexplained = ({ observed }: CachedSecret): void => this.#checks.check(observed.target)
    this.cache = new SecretCache(watch ? onUnexplained : undefined, this.#budget)
    this.#decoder = new WatchDecoder({ cache: this.cache, decodeTime: this.#decodeTime, clock: options.clock })
    this.#readmission = new StubReadmission({
      clock: options.clock,
      stubs: () => [...this.cache.values()].filter((secret) => isStub(secret)),
      hasRoom: ({ observed: { target }, excessBytes }) =>
        this.#isStub(target) && this.cache.admits(target, excessBytes),
      hasTime: (namespace) => this.#decodeTime.waitMs(namespace) === 0,
      // The content is compared, because the cache has no findings about a stub.
      read: (target, signal) => this.#readWhole(target, [], signal),
    })
    this.#namespaces = watch?.namespaces && new Set(watch.namespaces)
    this.#reflector = watch && this.#watch(watch)
    this.#bookmark = new WatchBookmark(this.#reflector)
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    await this.#reflector?.run({ signal })
    this.#isStopped = true
  }

  get synced(): Promise<void> {
    return this.#reflector?.synced ?? Promise.resolve()
  }

  get stats(): ReflectorStats | undefined {
    return this.#reflector?.stats
  }

  /** Number of managed Secrets that are not cached. */
  get uncached(): number {
    return this.#budget?.uncached ?? 0
  }

  /** Calls `listener` for changes by others, never before the first list. */
  onChange(listener: (change: TargetChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#listeners.clear()
    this.#readmission.close()
    this.#checks.close()
    await this.#reflector?.close()
  }

  /** Lists the managed Secrets once into the cache. */
  async prefetch(namespace: string | undefined, signal: AbortSignal): Promise<void> {
    for await (const found of this.#options.api.list(namespace, signal)) this.#recordResponse(found)
  }

  /**
   * From the cache if the watch runs, covers the target, and has cached its metadata, unless `fresh`. Of a stub the content is read, because
   * the cache has no findings about it.
   */
  async observe(
    target: TargetRef,
    { signal, fresh }: { readonly signal: AbortSignal; readonly fresh: boolean },
  ): Promise<ObservedSecret | undefined> {
    if (!fresh && this.#reflector && !this.#isStopped && this.#isWatched(target)) {
      if (!this.#reflector.hasSynced) await this.#untilSynced(this.#reflector, signal)
      const cached = this.cache.cached(target)
      if (!cached || !isStub(cached)) return cached?.observed
    }
    if (!this.#isStub(target)) return (await this.read(target, signal))?.observed
    const found = await this.#readWhole(target, [], signal)
    return found && { ...found.observed, drifted: [...new Set([...found.observed.drifted, ...found.inspected.broken])] }
  }

  /** Reads the target with its content, which is compared with the records. */
  async inspect(target: TargetRef, signal: AbortSignal): Promise<ObservedSecret | undefined> {
    return (await this.readValues(target, [], signal))?.observed
  }

  /** Like {@link inspect}, with the values of some keys. The cache does not get them. */
  async readValues(target: TargetRef, keys: readonly string[], signal: AbortSignal): Promise<TargetValues | undefined> {
    const found = await this.#readWhole(target, keys, signal)
    if (!found) return undefined
    const { inspected, values, observed } = found
    return {
      observed: asObserved(inspected, observed),
      values,
      edited: new Set([...inspected.broken].filter((key) => values.has(key))),
    }
  }

  async #readWhole(target: TargetRef, keys: readonly string[], signal: AbortSignal) {
    const { api } = this.#options
    const timed = { ...this.#options, decodeTime: this.#decodeTime }
    const read = async () => {
      const object = await api.getWhole(target, signal)
      return object && { inspected: inspectTimed(object, timed), values: valuesOf(object, keys) }
    }
    const before = this.cache.cached(target)
    const found = await this.#bookmark.readCurrent(read, ({ inspected }) => inspected.entry)
    if (!found) return undefined
    const { inspected, values } = found
    this.#checkForRollback(before, inspected.entry)
    this.cache.markVerified(inspected.entry, inspected.intact)
    if (inspected.immutable) this.cache.markImmutable(inspected.entry)
    if (inspected.isRedigested) this.cache.replaceRecords(inspected.entry, inspected.records)
    const findings = this.#isStub(target) ? { broken: inspected.broken } : {}
    const { observed } = this.#recordResponse(inspected.entry, { isInspected: true, ...findings })
    // The watch may have a newer version, but this one was inspected.
    const isSame = observed.resourceVersion === inspected.entry.observed.resourceVersion
    return { inspected, values, observed: isSame ? observed : inspected.entry.observed }
  }

  /** Reads the metadata of the target from the API server. */
  async read(target: TargetRef, signal: AbortSignal): Promise<SecretCacheEntry | undefined> {
    const before = this.cache.cached(target)
    const found = await this.#bookmark.readCurrent(
      () => this.#options.api.get(target, signal),
      (entry) => entry,
    )
    if (!this.#reflector && !before) await this.#readReplacement(target, signal)
    if (found) {
      this.#checkForRollback(before, found)
      return this.#recordResponse(found)
    }
    if (!this.#reflector) this.cache.forget(target)
    return undefined
  }

  /** Returns a Secret without a cache entry that was just read, once. */
  takeRecent(target: TargetRef): SecretCacheEntry | undefined {
    return this.#recent.take(target)
  }

  /** Runs a write to these targets. Their watch events are held back until it ends. */
  async whileWriting<T>(targets: readonly TargetRef[], write: () => Promise<T>): Promise<T> {
    for (const target of targets) this.#decoder.begin(target)
    try {
      return await write()
    } finally {
      for (const target of targets) {
        for (const event of this.#decoder.end(target)) this.#recordWatchEvent(event)
        const cached = this.cache.cached(target)
        if (cached) this.#recordIfDeleted(cached)
      }
    }
  }

  /**
   * Records the response to a write.
   * @param writer the owner that has written, if it learns of a difference by an error
   * @returns the current entry
   */
  recordWrite(response: SecretCacheEntry, writer?: string): SecretCacheEntry {
    const entry = this.#recordResponse(response, {}, writer)
    // A new Secret can be deleted before the response to its creation arrives, and so never be in a list.
    if (this.#bookmark.isDeleted(response)) this.#notify(this.cache.recordDeletion(response))
    return entry
  }

  /** Records that these keys are not as recorded after a write. `writer` as in {@link recordWrite}. */
  recordBroken(response: SecretCacheEntry, keys: Iterable<string>, writer?: string): void {
    this.#notify(this.cache.markPossiblyDrifted(response, keys), writer)
  }

  /** Records a deletion, or the removal of the label in `resourceVersion`. */
  recordRelease(target: TargetRef, uid: string, resourceVersion?: string): void {
    if (this.#reflector && this.#isWatched(target)) this.cache.release(target, uid, resourceVersion)
    else this.cache.forget(target)
  }

  /** The API server reads a single object from etcd, so only a rollback makes it older than before. Then the cache is wrong. */
  #checkForRollback(before: CachedSecret | undefined, { observed }: SecretCacheEntry): void {
    const { uid, resourceVersion: reached } = before?.observed ?? observed
    const { target, resourceVersion: listed } = observed
    if (uid !== observed.uid || compareResourceVersions(listed, reached) >= 0) return
    this.cache.forget(target)
    this.#options.onResourceVersionRollback?.({ path: pathOf(target), reached, listed })
  }

  /** Without a watch only this read finds a replacement that a crash left behind. */
  async #readReplacement(target: TargetRef, signal: AbortSignal): Promise<void> {
    const left = await this.#options.api.get(replacementOf(target), signal)
    if (left?.replaces) this.#recordResponse(left)
  }

  #recordResponse(response: SecretCacheEntry, details: ResponseDetails = {}, writer?: string): SecretCacheEntry {
    const [isDeleted, isOwnWrite] = [
      this.#bookmark.isDeleted(response),
      this.#decoder.isWriting(response.observed.target),
    ]
    const { entry, change } = this.cache.recordResponse(response, { ...details, isDeleted, isOwnWrite })
    if (this.cache.get(response.observed.target) !== entry) this.#recent.put(entry)
    this.#notify(change, writer)
    return entry
  }

  #watch({ client, namespaces, onFault }: SecretWatchOptions): Reflector<CachedSecret> {
    return new Reflector<CachedSecret>({
      client,
      path: SECRETS_PATH,
      labelSelector: SELECTOR,
      metadataOnly: true,
      project: (object) => this.#decoder.decode(object),
      onChange: (change) => {
        for (const event of this.#decoder.accept(change)) this.#recordWatchEvent(event)
      },
      onListed: () => this.#onListed(),
      onFault,
      clock: this.#options.clock,
      ...defined({ namespaces }),
    })
  }

  #recordWatchEvent(event: ObjectChange<CachedSecret>): void {
    this.#notify(this.cache.recordWatchEvent(event))
    if (this.uncached > 0) this.#readmission.schedule()
  }

  /** A Secret that was created and deleted between two lists is in neither, so compare all entries after a list. */
  #onListed(): void {
    for (const entry of this.cache.values()) this.#recordIfDeleted(entry)
  }

  #recordIfDeleted(entry: CachedSecret): void {
    // A write in flight may delete it.
    if (!this.#decoder.isWriting(entry.observed.target) && this.#bookmark.isDeleted(entry))
      this.#notify(this.cache.recordDeletion(entry))
  }

  #isStub(target: TargetRef): boolean {
    const cached = this.cache.cached(target)
    return cached !== undefined && isStub(cached)
  }

  /** Changes of the first list are not reported. Without a watch the caller makes all changes. */
  #notify(change: TargetChange | undefined, except?: string): void {
    if (!change || !this.#reflector?.hasSynced) return
    const ownerNames = change.ownerNames.filter((name) => name !== except)
    if (ownerNames.length === 0) return
    for (const listener of this.#listeners) listener({ ...change, ownerNames })
  }

  #isWatched({ namespace }: TargetRef): boolean {
    return this.#namespaces?.has(namespace) ?? true
  }

  async #untilSynced(reflector: Reflector<CachedSecret>, signal: AbortSignal): Promise<void> {
    const { timeoutMs, clock } = this.#options
    const what = 'waiting for the first list of managed Secrets'
    await withDeadline(() => reflector.synced, { timeoutMs, what, signal, clock })
  }
}
