import { type Clock, fullJitter, type SecretSyncError, sleep, systemClock } from '@ack-secret-manager/core'
import { inNamespace, type KubeClient, type KubeObject, listPages } from '@ack-secret-manager/k8s-client'
import { splitKey } from '@ack-secret-manager/sync-engine'
import { kubeRequestError } from '../shared/kube-request-error.ts'
import type { CacheEntry } from './cache-entry.ts'

export interface ForeignResourcesOptions {
  readonly client: Pick<KubeClient, 'list'>
  /** Path of the collection over all namespaces. */
  readonly path: string
  readonly namespaces?: readonly string[]
  readonly entries: () => Iterable<readonly [key: string, entry: CacheEntry]>
  readonly isOwned: (key: string, entry: CacheEntry) => boolean
  readonly load: (raw: KubeObject) => void
  readonly onError: (error: SecretSyncError, retryInMs: number) => void
  /** @default systemClock */
  readonly clock?: Clock
}

const BACKOFF = { baseMs: 500, maxMs: 30_000 }

/** Up to this number, resources are read one by one. */
const MAX_SINGLE = 20

/** Shortest time between two rounds of reads, because tenants cause a round with each change of a store. */
const SINGLE_PAUSE_MS = 1_000
const LIST_PAUSE_MS = 10_000

/** Reads resources that this shard has taken over: a few one by one, many with one list. */
export class ForeignResources {
  readonly #options: ForeignResourcesOptions
  readonly #clock: Clock
  #loading: Promise<void> | undefined
  #notBeforeMs = -Infinity
  /** Ends the pause before the next round. */
  #pausing = new AbortController()

  constructor(options: ForeignResourcesOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /**
   * Reads until every owned resource is loaded, or the signal aborts.
   * @param options.isUrgent skips the pause after earlier reads
   */
  load(signal: AbortSignal, { isUrgent }: { readonly isUrgent: boolean }): Promise<void> {
    if (isUrgent) {
      this.#notBeforeMs = -Infinity
      this.#pausing.abort()
    }
    this.#loading ??= this.#run(signal).finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted && this.#missing().length > 0) {
      this.#pausing = new AbortController()
      await this.#pause(this.#notBeforeMs - this.#clock.monotonic(), AbortSignal.any([signal, this.#pausing.signal]))
      const missing = this.#missing()
      const isFew = missing.length <= MAX_SINGLE
      this.#notBeforeMs = this.#clock.monotonic() + (isFew ? SINGLE_PAUSE_MS : LIST_PAUSE_MS)
      try {
        await (isFew ? this.#readEach(missing, signal) : this.#list(signal))
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        const retryInMs = fullJitter(failures, BACKOFF, Math.random)
        this.#options.onError(kubeRequestError(error, 'reading ExternalSecrets to take over'), retryInMs)
        await this.#pause(retryInMs, signal)
      }
    }
  }

  /** Owned resources without a spec, as far as the cache knows; the watch delivers newer ones. */
  #missing(): readonly string[] {
    return [...this.#options.entries()].flatMap(([key, entry]) =>
      entry.spec === undefined && this.#options.isOwned(key, entry) ? [key] : [],
    )
  }

  async #readEach(keys: readonly string[], signal: AbortSignal): Promise<void> {
    const { client, path, load } = this.#options
    for (const key of keys) {
      const [namespace, name] = splitKey(key)
      const query = { fieldSelector: `metadata.name=${name}` }
      const { items } = await client.list(inNamespace(path, namespace), { query, signal })
      for (const raw of items) load(raw)
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, path, namespaces, load } = this.#options
    const paths = namespaces === undefined ? [path] : namespaces.map((namespace) => inNamespace(path, namespace))
    for (const each of paths) {
      for await (const { items } of listPages(each, { client, signal })) for (const raw of items) load(raw)
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0) return
    await sleep(ms, { clock: this.#clock, signal }).catch(() => {
      // Aborted: the caller checks the signal.
    })
  }
}
