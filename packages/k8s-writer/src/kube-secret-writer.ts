import {
  type Clock,
  type ContentDigester,
  type ObservedSecret,
  type SecretWriter,
  systemClock,
  type TargetAction,
  type TargetChange,
  type TargetRef,
  type UnfinishedReplacement,
  withDeadline,
} from '@ack-secret-manager/core'
import {
  type KubeClient,
  type ObjectChange,
  objectKey,
  Reflector,
  type ReflectorStats,
  type ReflectorFault,
} from '@ack-secret-manager/k8s-client'
import { ApiServerOutage } from './write/api-server-outage.ts'
import { ContentChecks } from './drift/content-checks.ts'
import { BufferedEvents } from './cache/buffered-events.ts'
import { asObserved, type InspectedSecret, inspectSecret } from './drift/inspected-secret.ts'
import { type SecretCacheEntry, cacheEntryOf } from './cache/secret-cache-entry.ts'
import { type ResponseDetails, SecretCache } from './cache/secret-cache.ts'
import { RecentSecrets } from './cache/recent-secrets.ts'
import { replacementOf } from './replacement/replacement.ts'
import { SecretWrites } from './write/secret-writes.ts'
import { SECRETS_PATH, SecretsApi, SELECTOR } from './write/secrets-api.ts'
import { WatchBookmark } from './cache/watch-bookmark.ts'

/** Options of {@link KubeSecretWriter}. */
export interface KubeSecretWriterOptions {
  readonly client: KubeClient
  /** Compares content with records if metadata is not conclusive. */
  readonly digester: ContentDigester
  /**
   * Keep a metadata-only watch of the managed Secrets; `run` starts it. Without it every `observe` reads from the API server,
   * `onChange` never fires, and `owned` and `ownedBy` return what `prefetch` and earlier calls have read.
   * @default true
   */
  readonly watch?: boolean
  /** Namespaces to watch. @default all */
  readonly namespaces?: readonly string[]
  /** Deadline of one call to the API server, in milliseconds. @default 30_000 */
  readonly timeoutMs?: number
  /** Objects per page of a list. @default 500 */
  readonly pageSize?: number
  /** Receives failures of the watch, which retries by itself. */
  readonly onFault?: (fault: ReflectorFault) => void
  /** @default systemClock */
  readonly clock?: Clock
}

/**
 * Writes Kubernetes Secrets: POST for new ones, JSON merge patch with uid and resourceVersion as preconditions for others.
 * Reads only metadata, except for `inspect` and replacements. Caches no value.
 */
export class KubeSecretWriter implements SecretWriter {
  readonly #api: SecretsApi
  readonly #outage: ApiServerOutage
  readonly #writes: SecretWrites
  readonly #digester: ContentDigester
  readonly #reflector: Reflector<SecretCacheEntry> | undefined
  readonly #bookmark: WatchBookmark
  readonly #namespaces: ReadonlySet<string> | undefined
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #cache: SecretCache
  readonly #checks: ContentChecks
  readonly #recent = new RecentSecrets()
  readonly #bufferedEvents = new BufferedEvents<ObjectChange<SecretCacheEntry>>()
  readonly #listeners = new Set<(change: TargetChange) => void>()

  constructor(options: KubeSecretWriterOptions) {
    const {
      client,
      digester,
      watch = true,
      namespaces,
      timeoutMs = 30_000,
      pageSize = 500,
      clock = systemClock,
    } = options
    this.#outage = new ApiServerOutage(clock)
    this.#api = new SecretsApi({ client, timeoutMs, pageSize, outage: this.#outage })
    this.#digester = digester
    this.#checks = new ContentChecks({
      api: this.#api,
      digester,
      clock,
      onBroken: (secret, keys) => this.#notify(this.#cache.markPossiblyDrifted(secret, keys)),
    })
    this.#cache = new SecretCache(watch ? (secret) => this.#checks.check(secret) : undefined)
    this.#timeoutMs = timeoutMs
    this.#clock = clock
    this.#namespaces = namespaces && new Set(namespaces)
    this.#writes = new SecretWrites({
      api: this.#api,
      cache: this.#cache,
      recent: this.#recent,
      digester,
      read: (target, signal) => this.#read(target, signal),
      recordResponse: (response) => this.#recordWrite(response),
      released: (target, uid, resourceVersion) => this.#released(target, uid, resourceVersion),
    })
    this.#reflector = watch ? this.#watch(options) : undefined
    this.#bookmark = new WatchBookmark(this.#reflector)
  }

  /** Watches until the signal aborts or `close` is called. Call it once; without a watch it returns immediately. */
  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    await this.#reflector?.run({ signal })
  }

  /** Resolves when all managed Secrets are in the cache; rejects if the writer is closed first. */
  get synced(): Promise<void> {
    return this.#reflector?.synced ?? Promise.resolve()
  }

  /** State of the watch, for health checks and metrics; undefined without a watch. */
  get watchStats(): ReflectorStats | undefined {
    return this.#reflector?.stats
  }

  /**
   * Without a watch: lists the managed Secrets once, for `owned` and `ownedBy`.
   * @param namespaces undefined for all namespaces
   * @throws SecretSyncError `Unavailable` | `Timeout` | `WriteDenied` | `WriteFailed`
   */
  async prefetch(
    namespaces: readonly string[] | undefined,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<void> {
    for (const namespace of namespaces ?? [undefined]) {
      for await (const found of this.#api.list(namespace, signal)) this.#recordResponse(found)
    }
  }

  async observe(
    target: TargetRef,
    { signal, fresh = false }: { signal: AbortSignal; fresh?: boolean },
  ): Promise<ObservedSecret | undefined> {
    if (!fresh && this.#reflector && this.#isWatched(target)) {
      if (!this.#reflector.hasSynced) await this.#untilSynced(this.#reflector, signal)
      return this.#cache.get(target)?.observed
    }
    return (await this.#read(target, signal))?.observed
  }

  async inspect(target: TargetRef, { signal }: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    const read = async (): Promise<InspectedSecret | undefined> => {
      const object = await this.#api.getWhole(target, signal)
      return object && inspectSecret(object, this.#digester)
    }
    const inspected = await this.#bookmark.readCurrent(read, ({ entry }) => entry)
    if (!inspected) return undefined
    this.#cache.markVerified(inspected.entry, inspected.intact)
    if (inspected.immutable) this.#cache.markImmutable(inspected.entry)
    if (inspected.isRedigested) this.#cache.replaceRecords(inspected.entry, inspected.records)
    const { observed } = this.#recordResponse(inspected.entry, { isInspected: true })
    // The watch may have a newer version, but this one was inspected.
    const isSame = observed.resourceVersion === inspected.entry.observed.resourceVersion
    return asObserved(inspected, isSame ? observed : inspected.entry.observed)
  }

  async apply(action: TargetAction, { signal }: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    const { kind, target } = action
    const targets = kind === 'replace' || kind === 'finish' ? [target, replacementOf(target)] : [target]
    for (const each of targets) this.#bufferedEvents.begin(objectKey(each))
    try {
      return await this.#writes.apply(action, signal)
    } finally {
      for (const each of targets) {
        for (const event of this.#bufferedEvents.end(objectKey(each))) this.#recordWatchEvent(event)
        const entry = this.#cache.get(each)
        if (entry) this.#recordIfDeleted(entry)
      }
    }
  }

  ownedBy(namespace: string, ownerName: string): readonly ObservedSecret[] {
    return this.#cache.ownedBy(namespace, ownerName)
  }

  owned(): Iterable<ObservedSecret> {
    return this.#cache.owned()
  }

  *unfinished(owner?: {
    readonly namespace: string
    readonly name: string
  }): Generator<UnfinishedReplacement, void, void> {
    for (const one of this.#cache.unfinished()) {
      if (!owner || (one.target.namespace === owner.namespace && one.ownerName === owner.name)) yield one
    }
  }

  /**
   * Calls `listener` when another client deletes a managed Secret, changes its managed keys, or removes its record, label or owner
   * reference. Also calls it when another replica writes new content, but never before the cache is synced. It must not throw.
   */
  onChange(listener: (change: TargetChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Stops the watch. The client belongs to the caller and stays open. */
  async close(): Promise<void> {
    this.#listeners.clear()
    this.#checks.close()
    await this.#reflector?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #released(target: TargetRef, uid: string, resourceVersion: string | undefined): void {
    if (this.#reflector && this.#isWatched(target)) this.#cache.release(target, uid, resourceVersion)
    else this.#cache.forget(target)
  }

  async #read(target: TargetRef, signal: AbortSignal): Promise<SecretCacheEntry | undefined> {
    const isNew = !this.#cache.get(target)
    const found = await this.#bookmark.readCurrent(
      () => this.#api.get(target, signal),
      (entry) => entry,
    )
    if (!this.#reflector && isNew) await this.#readReplacement(target, signal)
    if (found) return this.#recordResponse(found)
    if (!this.#reflector) this.#cache.forget(target)
    return undefined
  }

  /** Without a watch only this read finds a replacement that a crash left behind. */
  async #readReplacement(target: TargetRef, signal: AbortSignal): Promise<void> {
    const left = await this.#api.get(replacementOf(target), signal)
    if (left?.replaces) this.#recordResponse(left)
  }

  #recordResponse(response: SecretCacheEntry, details: ResponseDetails = {}): SecretCacheEntry {
    const [isDeleted, isOwnWrite] = [this.#bookmark.isDeleted(response), this.#isWriting(response)]
    const { entry, change } = this.#cache.recordResponse(response, { ...details, isDeleted, isOwnWrite })
    if (!entry.isLabelled) this.#recent.put(entry)
    this.#notify(change)
    return entry
  }

  /** A new Secret can be deleted before the response to its creation arrives, and so never be in a list. */
  #recordWrite(response: SecretCacheEntry): SecretCacheEntry {
    const entry = this.#recordResponse(response)
    if (this.#bookmark.isDeleted(response)) this.#notify(this.#cache.recordDeletion(response))
    return entry
  }

  /** A Secret that was created and deleted between two lists is in neither, so compare all entries after a list. */
  #onListed(): void {
    for (const entry of this.#cache.values()) this.#recordIfDeleted(entry)
  }

  #recordIfDeleted(entry: SecretCacheEntry): void {
    // A write in flight may delete it.
    if (!this.#isWriting(entry) && this.#bookmark.isDeleted(entry)) this.#notify(this.#cache.recordDeletion(entry))
  }

  /** Whether a write to the target is in flight. */
  #isWriting({ observed: { target } }: SecretCacheEntry): boolean {
    return this.#bufferedEvents.isActive(objectKey(target))
  }

  #watch({ client, namespaces, onFault, clock }: KubeSecretWriterOptions): Reflector<SecretCacheEntry> {
    return new Reflector<SecretCacheEntry>({
      client,
      path: SECRETS_PATH,
      labelSelector: SELECTOR,
      metadataOnly: true,
      project: (object) => this.#cache.atVersion(object.metadata) ?? cacheEntryOf(object),
      onChange: (change) => {
        for (const event of this.#bufferedEvents.accept(change.key, change)) this.#recordWatchEvent(event)
      },
      onListed: () => this.#onListed(),
      onFault: (fault) => {
        this.#outage.record(fault.error)
        onFault?.(fault)
      },
      ...(namespaces === undefined ? {} : { namespaces }),
      ...(clock === undefined ? {} : { clock }),
    })
  }

  #recordWatchEvent(event: ObjectChange<SecretCacheEntry>): void {
    this.#notify(this.#cache.recordWatchEvent(event))
  }

  /** Changes of the first list are not reported. Without a watch the caller makes all changes. */
  #notify(change: TargetChange | undefined): void {
    if (!change || !this.#reflector?.hasSynced) return
    for (const listener of this.#listeners) listener(change)
  }

  #isWatched({ namespace }: TargetRef): boolean {
    return this.#namespaces?.has(namespace) ?? true
  }

  async #untilSynced(reflector: Reflector<SecretCacheEntry>, signal: AbortSignal): Promise<void> {
    const what = 'waiting for the first list of managed Secrets'
    await withDeadline(() => reflector.synced, { timeoutMs: this.#timeoutMs, what, signal, clock: this.#clock })
  }
}
