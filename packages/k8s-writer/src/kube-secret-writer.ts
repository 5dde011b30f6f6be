import {
  checkLimits,
  type Clock,
  type ContentDigester,
  type ObservedSecret,
  SecretSyncError,
  type SecretWriter,
  systemClock,
  type TargetAction,
  type TargetChange,
  type TargetRef,
  type TargetValues,
  type UnfinishedReplacement,
} from '@ack-secret-manager/core'
import type {
  KubeClient,
  ReflectorFault,
  ReflectorStats,
  ResourceVersionRollback,
} from '@ack-secret-manager/k8s-client'
import { SecretInformer } from './secret-informer.ts'
import { replacementOf } from './replacement/replacement.ts'
import { ApiServerOutage } from './write/api-server-outage.ts'
import { SecretWrites } from './write/secret-writes.ts'
import { SecretsApi } from './write/secrets-api.ts'

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
  /**
   * Memory for Secrets whose metadata takes an estimated 8 KiB or more (about 15 keys). A namespace may use at most as much as remains for
   * the others, but always a 256th. Secrets that do not fit are read with their content whenever they are observed or change.
   * @default 67_108_864 (64 MiB)
   */
  readonly metadataBudgetBytes?: number
  /** Called when the metadata of a namespace exceeds its share of the budget. Must not throw. */
  readonly onBudgetExceeded?: (namespace: string) => void
  /** Called when the metadata of all Secrets of the namespace is cached again. Must not throw. */
  readonly onBudgetRecovered?: (namespace: string) => void
  /** Receives failures of the watch, which retries by itself. */
  readonly onFault?: (fault: ReflectorFault) => void
  /**
   * Called when a Secret is older than before, as after a restore of etcd from a backup. Other cached Secrets may be wrong, too: rebuild
   * the writer. Must not throw.
   */
  readonly onResourceVersionRollback?: (rollback: ResourceVersionRollback) => void
  /** @default systemClock */
  readonly clock?: Clock
}

const DEFAULT_BUDGET_BYTES = 64 * 1024 * 1024

/**
 * Writes Kubernetes Secrets: POST for new ones, JSON merge patch with uid and resourceVersion as preconditions for others.
 * Reads only metadata, except for `inspect`, replacements, Secrets beyond the metadata budget, and the responses to writes, which show what
 * admission has changed.
 * Caches no value.
 */
export class KubeSecretWriter implements SecretWriter {
  readonly #secrets: SecretInformer
  readonly #writes: SecretWrites
  readonly #client: KubeClient
  #isClosed = false

  /** @throws RangeError for a limit that is not a whole number of at least 1; the budget may be 0 */
  constructor(options: KubeSecretWriterOptions) {
    const {
      client,
      digester,
      watch = true,
      namespaces,
      timeoutMs = 30_000,
      pageSize = 500,
      metadataBudgetBytes = DEFAULT_BUDGET_BYTES,
      onBudgetExceeded,
      onBudgetRecovered,
      onFault,
      onResourceVersionRollback,
      clock = systemClock,
    } = options
    checkLimits({ timeoutMs, pageSize })
    checkLimits({ metadataBudgetBytes }, 0)
    this.#client = client
    const outage = new ApiServerOutage(clock)
    const api = new SecretsApi({ client, timeoutMs, pageSize, outage })
    const onWatchFault = (fault: ReflectorFault): void => {
      outage.record(fault.error)
      onFault?.(fault)
    }
    const budget = { totalBytes: metadataBudgetBytes, onExceeded: onBudgetExceeded, onRecovered: onBudgetRecovered }
    this.#secrets = new SecretInformer({
      api,
      digester,
      clock,
      timeoutMs,
      onResourceVersionRollback,
      watch: watch ? { client, namespaces, onFault: onWatchFault, budget } : undefined,
    })
    this.#writes = new SecretWrites({ api, secrets: this.#secrets, digester })
  }

  /** Watches until the signal aborts or `close` is called. Call it once; without a watch it returns immediately. */
  run(options: { readonly signal: AbortSignal }): Promise<void> {
    return this.#secrets.run(options)
  }

  /** Resolves when all managed Secrets are in the cache; rejects if the writer is closed first. */
  get synced(): Promise<void> {
    return this.#secrets.synced
  }

  /** State of the watch, for health checks and metrics; undefined without a watch. */
  get watchStats(): ReflectorStats | undefined {
    return this.#secrets.stats
  }

  /** Number of managed Secrets whose metadata exceeds the budget of their namespace. */
  get uncached(): number {
    return this.#secrets.uncached
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
    for (const namespace of namespaces ?? [undefined]) await this.#secrets.prefetch(namespace, signal)
  }

  observe(
    target: TargetRef,
    { signal, fresh = false }: { signal: AbortSignal; fresh?: boolean },
  ): Promise<ObservedSecret | undefined> {
    return this.#secrets.observe(target, { signal, fresh })
  }

  inspect(target: TargetRef, { signal }: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    return this.#secrets.inspect(target, signal)
  }

  readValues(
    target: TargetRef,
    { signal, keys }: { signal: AbortSignal; keys: readonly string[] },
  ): Promise<TargetValues | undefined> {
    return this.#secrets.readValues(target, keys, signal)
  }

  serverTimeMs(): number | undefined {
    return this.#client.serverTimeMs
  }

  async apply(action: TargetAction, { signal }: { signal: AbortSignal }): Promise<ObservedSecret | undefined> {
    const { kind, target } = action
    if (this.#isClosed) {
      const what = `writing Secret ${target.namespace}/${target.name}`
      throw new SecretSyncError('Cancelled', `${what}: the writer was closed`)
    }
    const targets = kind === 'replace' || kind === 'finish' ? [target, replacementOf(target)] : [target]
    return this.#secrets.whileWriting(targets, () => this.#writes.apply(action, signal))
  }

  ownedBy(namespace: string, ownerName: string): readonly ObservedSecret[] {
    return this.#secrets.cache.ownedBy(namespace, ownerName)
  }

  targetsOf(namespace: string, ownerName: string): readonly TargetRef[] {
    return this.#secrets.cache.targetsOf(namespace, ownerName)
  }

  owned(): Iterable<ObservedSecret> {
    return this.#secrets.cache.owned()
  }

  *unfinished(owner?: {
    readonly namespace: string
    readonly name: string
  }): Generator<UnfinishedReplacement, void, void> {
    for (const one of this.#secrets.cache.unfinished()) {
      if (!owner || (one.target.namespace === owner.namespace && one.ownerName === owner.name)) yield one
    }
  }

  /**
   * Calls `listener` when another client deletes a managed Secret, changes its managed keys, or removes its record, label or owner
   * reference. Also calls it when another replica writes new content, but never before the cache is synced. It must not throw.
   */
  onChange(listener: (change: TargetChange) => void): () => void {
    return this.#secrets.onChange(listener)
  }

  /** Stops the watch; later calls of `apply` fail with `Cancelled`. The client belongs to the caller and stays open. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#secrets.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
