import type { Clock } from '@ack-secret-manager/core'
import { compareResourceVersions, type EventRecorder, type KubeClient } from '@ack-secret-manager/k8s-client'
import { API_VERSION, storeServiceOf } from '@ack-secret-manager/resources'
import type { StoreState } from '@ack-secret-manager/stores'
import type { Reachability } from '@ack-secret-manager/sync-engine'
import { isGone } from '../shared/is-gone.ts'
import { kubeRequestError } from '../shared/kube-request-error.ts'
import { isSameStatus, secretStoreStatus } from './secret-store-status.ts'
import { type CachedStore, type StoreName, storePath } from './cached-store.ts'

export interface SecretStoreReporterOptions {
  readonly client: Pick<KubeClient, 'mergePatch'>
  readonly events: Pick<EventRecorder, 'record'>
  readonly clock: Clock
  /** State of a store's connection; undefined if no resource reads through it. */
  readonly reachability: (store: StoreName) => Reachability | undefined
  /** Whether this process writes the status of a store. */
  readonly mayWrite: (store: CachedStore) => boolean
}

/** A status that this process has written or verified. */
interface ReportedStatus {
  readonly uid: string
  readonly resourceVersion: string
  readonly status: unknown
  /** False while the result of a later write is unknown. */
  readonly isLast: boolean
}

/** Writes the status and Events of stores. */
export class SecretStoreReporter {
  readonly #options: SecretStoreReporterOptions
  readonly #reported = new Map<string, ReportedStatus>()
  readonly #writes = new Set<Promise<unknown>>()

  constructor(options: SecretStoreReporterOptions) {
    this.#options = options
  }

  /**
   * Writes the status of a store if it differs, or if the result of the last write is unknown.
   * @throws SecretSyncError when the API server rejects the write or is unavailable
   */
  async report(key: string, store: CachedStore, state: StoreState, signal: AbortSignal): Promise<void> {
    const { client, clock, events, mayWrite, reachability } = this.#options
    if (!mayWrite(store)) return
    const { generation, kind, namespace, name, uid, resourceVersion } = store
    const before = this.#reported.get(key)
    const isCurrent = before?.uid === uid && !(before.isLast && isNewer(store, before))
    const reported = isCurrent ? before : { uid, resourceVersion, status: store.status, isLast: true }
    const provider = store.parsed.ok ? storeServiceOf(store.parsed.resource.spec).name : undefined
    const isWritable = store.parsed.ok && store.parsed.resource.spec.allowPush !== undefined
    const facts = {
      generation,
      provider,
      isWritable,
      reachability: reachability(store),
      old: reported.status,
      nowMs: clock.now(),
    }
    const change = secretStoreStatus(state, facts, reported.isLast)
    this.#reported.set(key, { ...reported, isLast: change === undefined })
    if (!change) return
    try {
      const patch = { metadata: { uid }, status: change.status }
      const response = await this.#track(client.mergePatch(`${storePath(namespace, name)}/status`, patch, { signal }))
      const version = response.metadata.resourceVersion ?? resourceVersion
      this.#reported.set(key, { uid, resourceVersion: version, status: response['status'], isLast: true })
    } catch (error) {
      // Deleted or recreated: the watch delivers the current state.
      if (!isGone(error)) throw kubeRequestError(error, `status of ${kind.kind} ${name}`)
      return
    }
    const regarding = { apiVersion: API_VERSION, kind: kind.kind, namespace, name, uid }
    for (const { type, reason, message } of change.events) events.record({ regarding, type, reason, message })
  }

  /** Whether another client has written the status since the last report. */
  isOverwritten(key: string, store: CachedStore): boolean {
    const reported = this.#reported.get(key)
    if (reported?.uid !== store.uid || !reported.isLast || !this.#options.mayWrite(store)) return false
    return isNewer(store, reported) && !isSameStatus(store.status, reported.status)
  }

  /** Resolves when no write is in progress. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#writes)
  }

  forget(key: string): void {
    this.#reported.delete(key)
  }

  async #track<T>(write: Promise<T>): Promise<T> {
    this.#writes.add(write)
    try {
      return await write
    } finally {
      this.#writes.delete(write)
    }
  }
}

function isNewer(store: CachedStore, reported: ReportedStatus): boolean {
  return compareResourceVersions(store.resourceVersion, reported.resourceVersion) > 0
}
