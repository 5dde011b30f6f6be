import { type Clock, fullJitter, type SecretSyncError, sleep, systemClock } from '@ack-secret-manager/core'
import {
  inNamespace,
  isKubeApiError,
  type KubeClient,
  type KubeObject,
  listPages,
} from '@ack-secret-manager/k8s-client'
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

/**
 * Reads resources that this shard has taken over: a few one by one, many with one list. A namespace without permissions is tried again and
 * delays no other one.
 */
export class ForeignResources {
  readonly #options: ForeignResourcesOptions
  readonly #clock: Clock
  /** Calls of {@link load} that have not resolved. */
  #callers: (() => void)[] = []
  #isRunning = false
  /** End of the pause after a read. */
  #earliestMs = -Infinity
  /** When the next round starts; later than that after a failure. */
  #notBeforeMs = -Infinity
  /** Ends the pause before the next round. */
  #pausing = new AbortController()

  constructor(options: ForeignResourcesOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /**
   * Reads every owned resource. Resolves when all are loaded except those in namespaces without permissions, or when the signal aborts.
   * @param options.isUrgent skips the pause after earlier reads
   */
  load(signal: AbortSignal, { isUrgent }: { readonly isUrgent: boolean }): Promise<void> {
    if (isUrgent) this.#earliestMs = -Infinity
    // What was added does not wait until a namespace without permissions is tried again.
    this.#notBeforeMs = this.#earliestMs
    this.#pausing.abort()
    return new Promise((resolve) => {
      this.#callers.push(resolve)
      if (!this.#isRunning) void this.#run(signal)
    })
  }

  /** Never rejects. */
  async #run(signal: AbortSignal): Promise<void> {
    const { onError } = this.#options
    this.#isRunning = true
    let [failures, wasDenied] = [0, false]
    while (!signal.aborted && this.#missing().length > 0) {
      await this.#untilDue(signal)
      const callers = this.#callers.splice(0)
      const errors = await this.#readMissing(signal)
      const isDenied = errors.every((error) => isKubeApiError(error, 403))
      if (isDenied) for (const resolve of callers) resolve()
      else this.#callers.push(...callers)
      failures = errors.length === 0 ? 0 : isDenied === wasDenied ? failures + 1 : 1
      wasDenied = isDenied
      if (failures === 0 || signal.aborted) continue
      const retryInMs = fullJitter(failures, BACKOFF, Math.random)
      const retryMs = Math.max(this.#earliestMs, this.#clock.monotonic() + retryInMs)
      if (!isDenied) this.#earliestMs = retryMs
      // Callers that came during the round do not wait for the next try either.
      this.#notBeforeMs = this.#callers.length > 0 ? this.#earliestMs : retryMs
      for (const error of errors) onError(kubeRequestError(error, 'reading ExternalSecrets to take over'), retryInMs)
    }
    this.#isRunning = false
    for (const resolve of this.#callers.splice(0)) resolve()
  }

  /** Owned resources without a spec, as far as the cache knows; the watch delivers newer ones. */
  #missing(): readonly string[] {
    return [...this.#options.entries()].flatMap(([key, entry]) =>
      entry.spec === undefined && this.#options.isOwned(key, entry) ? [key] : [],
    )
  }

  /** @returns the denials of namespaces, or the error that ended the round */
  async #readMissing(signal: AbortSignal): Promise<readonly unknown[]> {
    const missing = this.#missing()
    const isFew = missing.length <= MAX_SINGLE
    this.#earliestMs = this.#clock.monotonic() + (isFew ? SINGLE_PAUSE_MS : LIST_PAUSE_MS)
    this.#notBeforeMs = this.#earliestMs
    const isPerNamespace = isFew || this.#options.namespaces !== undefined
    const groups = isPerNamespace ? new Set(missing.map((key) => splitKey(key)[0])) : [undefined]
    const denials: unknown[] = []
    for (const namespace of groups) {
      try {
        await (isFew
          ? this.#readEach(
              missing.filter((key) => splitKey(key)[0] === namespace),
              signal,
            )
          : this.#list(namespace, signal))
      } catch (error) {
        if (!isKubeApiError(error, 403)) return [error]
        denials.push(error)
      }
    }
    return denials
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

  async #list(namespace: string | undefined, signal: AbortSignal): Promise<void> {
    const { client, path, load } = this.#options
    const listed = namespace === undefined ? path : inNamespace(path, namespace)
    for await (const { items } of listPages(listed, { client, signal })) for (const raw of items) load(raw)
  }

  async #untilDue(signal: AbortSignal): Promise<void> {
    let ms: number
    while (!signal.aborted && (ms = this.#notBeforeMs - this.#clock.monotonic()) > 0) {
      this.#pausing = new AbortController()
      await sleep(ms, { clock: this.#clock, signal: AbortSignal.any([signal, this.#pausing.signal]) }).catch(() => {
        // Aborted: the loop checks why.
      })
    }
  }
}
