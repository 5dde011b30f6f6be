import { type Clock, type SecretSyncError, systemClock } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeClient, type ObjectMeta } from '@ack-secret-manager/k8s-client'
import { DriftPacer, PRIORITY, WorkQueue } from '@ack-secret-manager/sync-engine'
import { isGone } from './is-gone.ts'
import { refusalOf } from './kube-request-error.ts'

/** What the Go operator puts on its resources. We use none: nothing that it left may hang when it is no longer there. */
const UPSTREAM_FINALIZER = 'finalizer.ack.secrets-manager.alibabacloud.com'

/** Options of {@link UpstreamFinalizerRemover}. */
export interface UpstreamFinalizerRemoverOptions {
  readonly client: Pick<KubeClient, 'mergePatch'>
  /** Path of a resource by its `namespace/name`. */
  readonly pathOf: (key: string) => string
  readonly onError: (key: string, error: SecretSyncError, retryInMs: number) => void
  /** @default systemClock */
  readonly clock?: Clock
}

/** Takes the finalizer of the Go operator off, with one patch for each resource that has it. */
export class UpstreamFinalizerRemover {
  readonly #options: UpstreamFinalizerRemoverOptions
  /** Resources that have it, as last seen. */
  readonly #found = new Map<
    string,
    Pick<ObjectMeta, 'uid' | 'resourceVersion'> & { readonly rest: readonly string[] }
  >()
  readonly #queue: WorkQueue
  /** Grows the pauses where another controller puts the finalizer back. */
  readonly #pacer: DriftPacer

  constructor(options: UpstreamFinalizerRemoverOptions) {
    this.#options = options
    const { onError, clock = systemClock } = options
    const process = (key: string, signal: AbortSignal): Promise<void> => this.#remove(key, signal)
    this.#pacer = new DriftPacer(clock)
    this.#queue = new WorkQueue({ process, onError, clock, random: Math.random, concurrency: 2 })
  }

  /** A resource as it is now; undefined when it is gone. */
  see(key: string, metadata: ObjectMeta | undefined): void {
    if (!metadata) this.#pacer.forget(key)
    const finalizers = metadata?.['finalizers']
    if (!metadata || !Array.isArray(finalizers) || !finalizers.includes(UPSTREAM_FINALIZER)) {
      this.#found.delete(key)
      return
    }
    const rest = finalizers.filter((name): name is string => typeof name === 'string' && name !== UPSTREAM_FINALIZER)
    const { uid = '', resourceVersion = '' } = metadata
    this.#found.set(key, { uid, resourceVersion, rest })
    const pauseMs = this.#pacer.pauseMs(key)
    if (pauseMs === 0) this.#queue.add(key, PRIORITY.routine)
    else this.#queue.addAfter(key, pauseMs, PRIORITY.routine)
  }

  /** Begins to write; until then it only remembers. */
  start(): void {
    this.#queue.start()
  }

  /** Finishes the writes under way, aborting them after `graceMs`. */
  close(graceMs: number): Promise<void> {
    return this.#queue.close(graceMs)
  }

  async #remove(key: string, signal: AbortSignal): Promise<void> {
    const found = this.#found.get(key)
    if (!found) return
    const { uid, resourceVersion, rest } = found
    // Before the request: the watch may bring its result before the response comes.
    this.#pacer.corrected(key)
    const patch = { metadata: { uid, resourceVersion, finalizers: rest } }
    try {
      await this.#options.client.mergePatch(this.#options.pathOf(key), patch, { signal })
    } catch (error) {
      // The watch brings it as it is by now.
      if (!isGone(error) && !isKubeApiError(error, 409)) throw refusalOf(error, `finalizer of ${key}`)
    }
  }
}
