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
import { HeldEvents } from './cache/buffered-events.ts'
import { asObserved, type InspectedSecret, inspectSecret } from './drift/inspected-secret.ts'
import { type KnownSecret, knownSecretOf } from './cache/secret-cache-entry.ts'
import { type AnswerFacts, KnownSecrets } from './cache/secret-cache.ts'
import { SECRETS_PATH, SELECTOR } from './names.ts'
import { RecentSecrets } from './cache/recent-secrets.ts'
import { replacementOf } from './replacement/replacement.ts'
import { SecretWrites } from './write/secret-writes.ts'
import { SecretsApi } from './write/secrets-api.ts'
import { WatchProgress } from './cache/watch-bookmark.ts'

/** Options of {@link KubeSecretWriter}. */
export interface KubeSecretWriterOptions {
  readonly client: KubeClient
  /** Compares content with records when metadata does not tell. */
  readonly digester: ContentDigester
  /**
   * Keep a metadata-only watch of the Secrets that carry our label; `run` starts it. Without it every `observe` asks the
   * API server, `onChange` never calls, and `owned` and `ownedBy` know what `prefetch` and earlier calls have seen.
   * @default true
   */
  readonly watch?: boolean
  /** Namespaces to watch. @default all */
  readonly namespaces?: readonly string[]
  /** Deadline of one call of the API server, in milliseconds. @default 30_000 */
  readonly timeoutMs?: number
  /** Objects per page of a list. @default 500 */
  readonly pageSize?: number
  /** Told what goes wrong with the watch while it goes on by itself. */
  readonly onFault?: (fault: ReflectorFault) => void
  /** @default systemClock */
  readonly clock?: Clock
}

/**
 * Writes Kubernetes Secrets: POST for new ones, JSON merge patch with uid and resourceVersion as preconditions for others.
 * Reads metadata only, but for `inspect`. Keeps no value.
 */
export class KubeSecretWriter implements SecretWriter {
  readonly #api: SecretsApi
  readonly #outage: ApiServerOutage
  readonly #writes: SecretWrites
  readonly #digester: ContentDigester
  readonly #reflector: Reflector<KnownSecret> | undefined
  readonly #progress: WatchProgress
  readonly #namespaces: ReadonlySet<string> | undefined
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #known: KnownSecrets
  readonly #checks: ContentChecks
  readonly #recent = new RecentSecrets()
  readonly #heldEvents = new HeldEvents<ObjectChange<KnownSecret>>()
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
      onBroken: (secret, keys) => this.#tell(this.#known.suspect(secret, keys)),
    })
    this.#known = new KnownSecrets(watch ? (secret) => this.#checks.check(secret) : undefined)
    this.#timeoutMs = timeoutMs
    this.#clock = clock
    this.#namespaces = namespaces && new Set(namespaces)
    this.#writes = new SecretWrites({
      api: this.#api,
      known: this.#known,
      recent: this.#recent,
      digester,
      look: (target, signal) => this.#look(target, signal),
      answered: (answer) => this.#written(answer),
      gaveUp: (target, uid, resourceVersion) => this.#gaveUp(target, uid, resourceVersion),
    })
    this.#reflector = watch ? this.#watch(options) : undefined
    this.#progress = new WatchProgress(this.#reflector)
  }

  /** Watches until the signal aborts or `close` is called. Call it once; without a watch there is nothing to do. */
  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    await this.#reflector?.run({ signal })
  }

  /** Resolves when all Secrets that we manage are known; rejects when closed before that. */
  get synced(): Promise<void> {
    return this.#reflector?.synced ?? Promise.resolve()
  }

  /** Facts about the watch, for health and metrics; undefined without one. */
  get watchStats(): ReflectorStats | undefined {
    return this.#reflector?.stats
  }

  /**
   * Without a watch: looks once at the Secrets that carry our label, so that `owned` and `ownedBy` know them.
   * @param namespaces where to look; undefined: everywhere
   * @throws SecretSyncError `Unavailable` | `Timeout` | `WriteDenied` | `WriteFailed`
   */
  async prefetch(
    namespaces: readonly string[] | undefined,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<void> {
    for (const namespace of namespaces ?? [undefined]) {
      for await (const found of this.#api.list(namespace, signal)) this.#answered(found)
    }
  }

  async observe(
    target: TargetRef,
    { signal, fresh = false }: { signal: AbortSignal; fresh?: boolean },
  ): Promise<ObservedSecret | undefined> {
    if (!fresh && this.#reflector && this.#isWatched(target)) {
      if (!this.#reflector.hasSynced) await this.#untilSynced(this.#reflector, signal)
      return this.#known.get(target)?.observed
    }
    return (await this.#look(target, signal))?.observed
  }

  async inspect(target: TargetRef, { signal }: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    const read = async (): Promise<InspectedSecret | undefined> => {
      const object = await this.#api.getWhole(target, signal)
      return object && inspectSecret(object, this.#digester)
    }
    const inspected = await this.#progress.upToDate(read, ({ known }) => known)
    if (!inspected) return undefined
    this.#known.settle(inspected.known, inspected.intact)
    if (inspected.immutable) this.#known.freeze(inspected.known)
    if (inspected.isRedigested) this.#known.replaceRecords(inspected.known, inspected.records)
    const { observed } = this.#answered(inspected.known, { isInspected: true })
    // The watch may know a newer version, but this is what was looked into.
    const isSame = observed.resourceVersion === inspected.known.observed.resourceVersion
    return asObserved(inspected, isSame ? observed : inspected.known.observed)
  }

  async apply(action: TargetAction, { signal }: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    const { kind, target } = action
    const touched = kind === 'replace' || kind === 'finish' ? [target, replacementOf(target)] : [target]
    for (const each of touched) this.#heldEvents.hold(objectKey(each))
    try {
      return await this.#writes.apply(action, signal)
    } finally {
      for (const each of touched) {
        for (const event of this.#heldEvents.resume(objectKey(each))) this.#watched(event)
        const known = this.#known.get(each)
        if (known) this.#endIfOver(known)
      }
    }
  }

  ownedBy(namespace: string, ownerName: string): readonly ObservedSecret[] {
    return this.#known.ownedBy(namespace, ownerName)
  }

  owned(): Iterable<ObservedSecret> {
    return this.#known.owned()
  }

  *unfinished(owner?: {
    readonly namespace: string
    readonly name: string
  }): Generator<UnfinishedReplacement, void, void> {
    for (const one of this.#known.unfinished()) {
      if (!owner || (one.target.namespace === owner.namespace && one.ownerName === owner.name)) yield one
    }
  }

  /**
   * Calls `listener` when somebody else has deleted a Secret of ours, changed keys that we wrote, or taken away our
   * record, label or owner reference, and when another process of ours has written other content; never before the cache
   * is filled. It must not throw.
   */
  onChange(listener: (change: TargetChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Ends the watch. The client is the caller's and stays open. */
  async close(): Promise<void> {
    this.#listeners.clear()
    this.#checks.close()
    await this.#reflector?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #gaveUp(target: TargetRef, uid: string, resourceVersion: string | undefined): void {
    if (this.#reflector && this.#isWatched(target)) this.#known.release(target, uid, resourceVersion)
    else this.#known.forget(target)
  }

  async #look(target: TargetRef, signal: AbortSignal): Promise<KnownSecret | undefined> {
    const isNew = !this.#known.get(target)
    const found = await this.#progress.upToDate(
      () => this.#api.get(target, signal),
      (known) => known,
    )
    if (!this.#reflector && isNew) await this.#lookForReplacement(target, signal)
    if (found) return this.#answered(found)
    if (!this.#reflector) this.#known.forget(target)
    return undefined
  }

  /** Without a watch nobody else would tell of what a crash has left. */
  async #lookForReplacement(target: TargetRef, signal: AbortSignal): Promise<void> {
    const left = await this.#api.get(replacementOf(target), signal)
    if (left?.replaces) this.#answered(left)
  }

  #answered(answer: KnownSecret, facts: AnswerFacts = {}): KnownSecret {
    const [isOver, isOurs] = [this.#progress.isOver(answer), this.#isTouched(answer)]
    const { known, news } = this.#known.answered(answer, { ...facts, isOver, isOurs })
    if (!known.isLabelled) this.#recent.put(known)
    this.#tell(news)
    return known
  }

  /** What we wrote may be gone before its answer comes, and never have been in a list. */
  #written(answer: KnownSecret): KnownSecret {
    const known = this.#answered(answer)
    if (this.#progress.isOver(answer)) this.#tell(this.#known.ended(answer))
    return known
  }

  /** What was told of between two lists alone is in neither. */
  #listed(): void {
    for (const known of this.#known.values()) this.#endIfOver(known)
  }

  #endIfOver(known: KnownSecret): void {
    // Of what is being written we may end it ourselves.
    if (!this.#isTouched(known) && this.#progress.isOver(known)) this.#tell(this.#known.ended(known))
  }

  /** Whether a write of ours is under way. */
  #isTouched({ observed: { target } }: KnownSecret): boolean {
    return this.#heldEvents.holds(objectKey(target))
  }

  #watch({ client, namespaces, onFault, clock }: KubeSecretWriterOptions): Reflector<KnownSecret> {
    return new Reflector<KnownSecret>({
      client,
      path: SECRETS_PATH,
      labelSelector: SELECTOR,
      metadataOnly: true,
      project: (object) => this.#known.atVersion(object.metadata) ?? knownSecretOf(object),
      onChange: (change) => {
        for (const event of this.#heldEvents.take(change.key, change)) this.#watched(event)
      },
      onListed: () => this.#listed(),
      onFault: (fault) => {
        this.#outage.record(fault.error)
        onFault?.(fault)
      },
      ...(namespaces === undefined ? {} : { namespaces }),
      ...(clock === undefined ? {} : { clock }),
    })
  }

  #watched(event: ObjectChange<KnownSecret>): void {
    this.#tell(this.#known.watched(event))
  }

  /** What was there when the watch began is no news, and without a watch the caller is the only one to tell. */
  #tell(news: TargetChange | undefined): void {
    if (!news || !this.#reflector?.hasSynced) return
    for (const listener of this.#listeners) listener(news)
  }

  #isWatched({ namespace }: TargetRef): boolean {
    return this.#namespaces?.has(namespace) ?? true
  }

  async #untilSynced(reflector: Reflector<KnownSecret>, signal: AbortSignal): Promise<void> {
    const what = 'waiting for the first list of our Secrets'
    await withDeadline(() => reflector.synced, { timeoutMs: this.#timeoutMs, what, signal, clock: this.#clock })
  }
}
