import type { Clock } from '@ack-secret-manager/core'
import { compareResourceVersions, type EventRecorder, type KubeClient } from '@ack-secret-manager/k8s-client'
import { API_VERSION } from '@ack-secret-manager/resources'
import type { StoreState } from '@ack-secret-manager/stores'
import type { Reachability } from '@ack-secret-manager/sync-engine'
import { isGone } from '../shared/is-gone.ts'
import { refusalOf } from '../shared/kube-request-error.ts'
import { providerOf, saysTheSame, secretStoreStatus } from './secret-store-status.ts'
import { type SeenStore, type StoreName, storePath } from './cached-store.ts'

/** Options of a {@link SecretStoreReporter}. */
export interface SecretStoreReporterOptions {
  readonly client: Pick<KubeClient, 'mergePatch'>
  readonly events: Pick<EventRecorder, 'record'>
  readonly clock: Clock
  /** Of each connection through which resources read by means of a store. */
  readonly reachability: (store: StoreName) => Reachability | undefined
  /** Only the leader writes a status. */
  readonly mayWrite: () => boolean
}

/** A status that this process has written, or found to be right. */
interface Told {
  readonly uid: string
  readonly resourceVersion: string
  readonly status: unknown
  /** No other one was sent since that may have arrived or not. */
  readonly isLast: boolean
}

/** Tells how stores are in their status and in Events. */
export class SecretStoreReporter {
  readonly #options: SecretStoreReporterOptions
  readonly #told = new Map<string, Told>()

  constructor(options: SecretStoreReporterOptions) {
    this.#options = options
  }

  /**
   * Tells how a store is, where its status does not say so, or may not any more.
   * @throws SecretSyncError when the API server refuses it, or is away
   */
  async report(key: string, seen: SeenStore, state: StoreState, signal: AbortSignal): Promise<void> {
    const { client, clock, events, mayWrite, reachability } = this.#options
    if (!mayWrite()) return
    const { generation, kind, namespace, name, uid, resourceVersion } = seen
    const before = this.#told.get(key)
    const holds = before?.uid === uid && !(before.isLast && isNewer(seen, before))
    const told = holds ? before : { uid, resourceVersion, status: seen.status, isLast: true }
    const provider = seen.parsed.ok ? providerOf(seen.parsed.resource) : undefined
    const facts = { generation, provider, reachability: reachability(seen), old: told.status, nowMs: clock.now() }
    const news = secretStoreStatus(state, facts, told.isLast)
    this.#told.set(key, { ...told, isLast: news === undefined })
    if (!news) return
    try {
      const patch = { metadata: { uid }, status: news.status }
      const answer = await client.mergePatch(`${storePath(namespace, name)}/status`, patch, { signal })
      const version = answer.metadata.resourceVersion ?? resourceVersion
      this.#told.set(key, { uid, resourceVersion: version, status: answer['status'], isLast: true })
    } catch (error) {
      // The watch tells what has become of it.
      if (!isGone(error)) throw refusalOf(error, `status of ${kind.kind} ${name}`)
      return
    }
    const regarding = { apiVersion: API_VERSION, kind: kind.kind, namespace, name, uid }
    for (const { type, reason, message } of news.events) events.record({ regarding, type, reason, message })
  }

  /** Whether somebody else has written the status of a store since it was told. */
  isOverwritten(key: string, seen: SeenStore): boolean {
    const told = this.#told.get(key)
    if (told?.uid !== seen.uid || !told.isLast || !this.#options.mayWrite()) return false
    return isNewer(seen, told) && !saysTheSame(seen.status, told.status)
  }

  forget(key: string): void {
    this.#told.delete(key)
  }
}

function isNewer(seen: SeenStore, told: Told): boolean {
  return compareResourceVersions(seen.resourceVersion, told.resourceVersion) > 0
}
