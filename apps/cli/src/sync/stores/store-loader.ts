import {
  type Clock,
  isSecretSyncError,
  messageWithRequestId,
  needsUserAction,
  Semaphore,
  sleep,
} from '@ack-secret-manager/core'
import type { StoreRegistry, StoreResource } from '@ack-secret-manager/stores'
import { isDeepStrictEqual } from 'node:util'
import type { Manifests } from '../../manifests/manifests.ts'
import type { Log } from '../../output/log.ts'

/** Options of a {@link StoreLoader}. */
export interface StoreLoaderOptions {
  readonly registry: StoreRegistry
  readonly clock: Clock
  readonly log: Log
}

const MAX_ATTEMPTS = 4
const PAUSE_MS = 500
/** Stores that are opened concurrently; each may wait for STS. */
const MAX_CONCURRENT_STORES = 16

/** Keeps the store registry in sync with the manifests. */
export class StoreLoader {
  readonly #options: StoreLoaderOptions
  readonly #places = new Semaphore(MAX_CONCURRENT_STORES)
  readonly #warned = new Map<string, string | undefined>()
  /** Stores whose credentials could not be read at their last attempt, by key. */
  readonly #waiting = new Map<string, StoreResource>()
  #stores: ReadonlyMap<string, StoreResource> = new Map()

  constructor(options: StoreLoaderOptions) {
    this.#options = options
  }

  /**
   * Registers the stores of the manifests. A store whose credentials cannot be read is not ready.
   * @returns whether the connection of any store has changed
   */
  async load({ stores }: Pick<Manifests, 'stores'>, signal: AbortSignal): Promise<boolean> {
    const all = [...this.#stores, ...stores].map(([, { metadata }]) => metadata)
    const leads = (): unknown => all.map(({ namespace, name }) => this.#options.registry.leadsTo(namespace, name))
    const [before, ledTo] = [this.#stores, leads()]
    this.#stores = stores
    for (const [key, { metadata }] of before) {
      if (!stores.has(key)) this.#options.registry.remove(metadata.namespace, metadata.name)
    }
    this.#waiting.clear()
    await this.#upsertAll(stores, signal, MAX_ATTEMPTS)
    return !isDeepStrictEqual(leads(), ledTo)
  }

  /** Tries the stores again whose credentials could not be read for a transient reason. @returns whether one can be read now */
  async retryOutages(signal: AbortSignal): Promise<boolean> {
    const waiting = new Map(this.#waiting)
    this.#waiting.clear()
    await this.#upsertAll(waiting, signal, 1)
    return [...waiting.keys()].some((key) => !this.#waiting.has(key))
  }

  /** Whether stores, namespaces, credentials and templates of the manifests are unchanged. */
  static isSame(a: Manifests, b: Manifests): boolean {
    return isDeepStrictEqual(comparable(a), comparable(b))
  }

  async #upsertAll(stores: ReadonlyMap<string, StoreResource>, signal: AbortSignal, attempts: number): Promise<void> {
    const upserts = [...stores].map(([key, store]) =>
      this.#places.run(async () => {
        if (!(await this.#upsert(store, signal, attempts))) this.#waiting.set(key, store)
      }),
    )
    await Promise.all(upserts)
  }

  /** @returns false if every attempt failed for a transient reason */
  async #upsert(store: StoreResource, signal: AbortSignal, attempts: number): Promise<boolean> {
    const { registry, clock, log } = this.#options
    const { namespace, name } = store.metadata
    const label = `${store.kind} ${namespace === '' ? name : `${namespace}/${name}`}`
    for (let attempt = 1; ; attempt += 1) {
      try {
        const state = await registry.upsert(store, { signal })
        log.debug(
          `${label}: ${state.ready ? `reads from ${state.endpoint} as ${state.identity}` : messageWithRequestId(state.error)}`,
        )
        if (state.ready) this.#warn(label, state.tlsWarning)
        return true
      } catch (error) {
        if (!isSecretSyncError(error) || signal.aborted) throw error
        log.debug(`${label}: ${messageWithRequestId(error)}`)
        // The registry has the error, and resources that use the store report it.
        if (attempt >= attempts || needsUserAction(error)) return false
      }
      await sleep(PAUSE_MS * attempt, { clock, signal })
    }
  }

  /** Logs a message once for each store, until it changes. */
  #warn(label: string, text: string | undefined): void {
    if (text !== undefined && this.#warned.get(label) !== text) this.#options.log.warn(`${label}: ${text}`)
    this.#warned.set(label, text)
  }
}

function comparable({ stores, secrets, configMaps, namespaces }: Manifests): unknown {
  return {
    stores: [...stores].map(([key, { spec }]) => [key, spec]),
    secrets: [...secrets].map(([key, data]) => [
      key,
      [...data].map(([name, bytes]) => [name, Buffer.from(bytes.expose()).toString('base64')]),
    ]),
    configMaps: [...configMaps].map(([key, data]) => [key, [...data]]),
    namespaces: [...namespaces],
  }
}
