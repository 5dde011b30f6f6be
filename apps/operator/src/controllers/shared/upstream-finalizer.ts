import { type Clock, type SecretSyncError, systemClock } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeClient, type ObjectMeta } from '@ack-secret-manager/k8s-client'
import { DriftBackoff, PRIORITY, WorkQueue } from '@ack-secret-manager/sync-engine'
import { isGone } from './is-gone.ts'
import { kubeRequestError } from './kube-request-error.ts'

/** Finalizer of the Go operator. It would block the deletion of resources after that operator is uninstalled. */
const UPSTREAM_FINALIZER = 'finalizer.ack.secrets-manager.alibabacloud.com'

export interface UpstreamFinalizerRemoverOptions {
  readonly client: Pick<KubeClient, 'mergePatch'>
  /** Path of a resource by its `namespace/name`. */
  readonly pathOf: (key: string) => string
  /** Whether this process removes finalizers; otherwise another one does. @default always */
  readonly mayWrite?: () => boolean
  readonly onError: (key: string, error: SecretSyncError, retryInMs: number) => void
  /** @default systemClock */
  readonly clock?: Clock
}

/** Removes the finalizer of the Go operator, with one patch per resource. */
export class UpstreamFinalizerRemover {
  readonly #options: UpstreamFinalizerRemoverOptions
  /** Resources that still have the finalizer. */
  readonly #pending = new Map<
    string,
    Pick<ObjectMeta, 'uid' | 'resourceVersion'> & { readonly rest: readonly string[] }
  >()
  readonly #queue: WorkQueue
  /** Backoff for resources to which another controller adds the finalizer again. */
  readonly #backoff: DriftBackoff

  constructor(options: UpstreamFinalizerRemoverOptions) {
    this.#options = options
    const { onError, clock = systemClock } = options
    const process = (key: string, signal: AbortSignal): Promise<void> => this.#remove(key, signal)
    this.#backoff = new DriftBackoff(clock)
    this.#queue = new WorkQueue({ process, onError, clock, random: Math.random, concurrency: 2 })
  }

  /** @param metadata undefined if the resource was deleted */
  observe(key: string, metadata: ObjectMeta | undefined): void {
    if (!metadata) this.#backoff.forget(key)
    const finalizers = metadata?.['finalizers']
    if (!metadata || !Array.isArray(finalizers) || !finalizers.includes(UPSTREAM_FINALIZER)) {
      this.#pending.delete(key)
      return
    }
    const rest = finalizers.filter((name): name is string => typeof name === 'string' && name !== UPSTREAM_FINALIZER)
    const { uid = '', resourceVersion = '' } = metadata
    this.#pending.set(key, { uid, resourceVersion, rest })
    const pauseMs = this.#backoff.pauseMs(key)
    if (pauseMs === 0) this.#queue.add(key, PRIORITY.routine)
    else this.#queue.addAfter(key, pauseMs, PRIORITY.routine)
  }

  /** Starts patching; until then resources are only collected. */
  start(): void {
    this.#queue.start()
  }

  /** Patches what was collected while this process must not write. */
  resume(): void {
    for (const key of this.#pending.keys()) this.#queue.add(key, PRIORITY.routine)
  }

  /** Resolves when no patch is in progress. */
  idle(): Promise<void> {
    return this.#queue.idle()
  }

  /** Stops after the patches in progress, aborting them after `graceMs`. */
  close(graceMs: number): Promise<void> {
    return this.#queue.close(graceMs)
  }

  async #remove(key: string, signal: AbortSignal): Promise<void> {
    const pending = this.#pending.get(key)
    if (!pending || this.#options.mayWrite?.() === false) return
    const { uid, resourceVersion, rest } = pending
    // Recorded before the request, because the watch may deliver the result before the response.
    this.#backoff.corrected(key)
    const patch = { metadata: { uid, resourceVersion, finalizers: rest } }
    try {
      await this.#options.client.mergePatch(this.#options.pathOf(key), patch, { signal })
    } catch (error) {
      // The watch delivers the current state.
      if (!isGone(error) && !isKubeApiError(error, 409)) throw kubeRequestError(error, `finalizer of ${key}`)
    }
  }
}
