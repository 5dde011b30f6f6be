import { fullJitter, type SecretSyncError, sleep, systemClock } from '@ack-secret-manager/core'
import { inNamespace, type KubeClient, type KubeObject, listPages } from '@ack-secret-manager/k8s-client'
import { kubeRequestError } from '../shared/kube-request-error.ts'
import type { CacheEntry } from './cache-entry.ts'

export interface ForeignResourcesOptions {
  readonly client: Pick<KubeClient, 'list'>
  /** Of the collection over all namespaces. */
  readonly path: string
  readonly namespaces?: readonly string[]
  readonly entries: () => Iterable<readonly [key: string, entry: CacheEntry]>
  readonly isOwned: (key: string, entry: CacheEntry) => boolean
  readonly load: (raw: KubeObject) => void
  readonly onError: (error: SecretSyncError, retryInMs: number) => void
}

const BACKOFF = { baseMs: 500, maxMs: 30_000 }

/** Reads resources of other shards again that this one has taken over. One list costs less than a request for each of them. */
export class ForeignResources {
  readonly #options: ForeignResourcesOptions
  #loading: Promise<void> | undefined
  #isRepeated = false

  constructor(options: ForeignResourcesOptions) {
    this.#options = options
  }

  /** Lists until every owned resource is loaded, or the signal aborts. */
  load(signal: AbortSignal): Promise<void> {
    this.#isRepeated = true
    this.#loading ??= this.#run(signal).finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted && (this.#isRepeated || this.#isMissingAny());) {
      this.#isRepeated = false
      try {
        await this.#list(signal)
        // A watch that is behind the list delivers the rest.
        failures = this.#isMissingAny() ? failures + 1 : 0
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        this.#options.onError(kubeRequestError(error, 'listing ExternalSecrets to take over'), BACKOFF.maxMs)
      }
      if (failures > 0) await pause(fullJitter(failures, BACKOFF, Math.random), signal)
    }
  }

  #isMissingAny(): boolean {
    for (const [key, entry] of this.#options.entries()) {
      if (entry.spec === undefined && this.#options.isOwned(key, entry)) return true
    }
    return false
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, path, namespaces, load } = this.#options
    const paths = namespaces === undefined ? [path] : namespaces.map((namespace) => inNamespace(path, namespace))
    for (const each of paths) {
      for await (const { items } of listPages(each, { client, signal })) for (const raw of items) load(raw)
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, { clock: systemClock, signal }).catch(() => {
    // Aborted: the caller checks the signal.
  })
}
