import { type Clock, isSecretSyncError, sleep } from '@ack-secret-manager/core'
import type { SecretStoreResource } from '@ack-secret-manager/resources'
import type { StoreRegistry } from '@ack-secret-manager/stores'
import { isDeepStrictEqual } from 'node:util'
import type { Manifests } from '../manifests/manifests.ts'
import type { Log } from '../output/log.ts'

/** Options of a {@link StoreLoader}. */
export interface StoreLoaderOptions {
  readonly registry: StoreRegistry
  readonly clock: Clock
  readonly log: Log
}

const MAX_ATTEMPTS = 4
const PAUSE_MS = 500

/** Keeps the registry of stores equal to the manifests. */
export class StoreLoader {
  readonly #options: StoreLoaderOptions
  #stores: ReadonlyMap<string, SecretStoreResource> = new Map()

  constructor(options: StoreLoaderOptions) {
    this.#options = options
  }

  /** Tells the registry of the stores of the manifests; a store whose credentials cannot be looked up stays one that is not ready. */
  async load({ stores }: Manifests, signal: AbortSignal): Promise<void> {
    const before = this.#stores
    this.#stores = stores
    for (const [key, { metadata }] of before) {
      if (!stores.has(key)) this.#options.registry.remove(metadata.namespace, metadata.name)
    }
    await Promise.all([...stores.values()].map((store) => this.#upsert(store, signal)))
  }

  /** Whether the manifests say of stores or credentials what they said before. */
  static isSame(a: Manifests, b: Manifests): boolean {
    return isDeepStrictEqual(comparable(a), comparable(b))
  }

  async #upsert(store: SecretStoreResource, signal: AbortSignal): Promise<void> {
    const { registry, clock, log } = this.#options
    const label = `SecretStore ${store.metadata.namespace}/${store.metadata.name}`
    for (let attempt = 1; ; attempt += 1) {
      try {
        const state = await registry.upsert(store, { signal })
        log.debug(
          `${label}: ${state.ready ? `reads from ${state.endpoint} as ${state.identity}` : state.error.message}`,
        )
        return
      } catch (error) {
        if (!isSecretSyncError(error) || signal.aborted) throw error
        log.debug(`${label}: ${error.message}`)
        // The registry has taken note of it: resources that use the store tell.
        if (attempt >= MAX_ATTEMPTS) return
      }
      await sleep(PAUSE_MS * attempt, { clock, signal })
    }
  }
}

function comparable({ stores, secrets }: Manifests): unknown {
  return {
    stores: [...stores].map(([key, { spec }]) => [key, spec]),
    secrets: [...secrets].map(([key, data]) => [
      key,
      [...data].map(([name, bytes]) => [name, Buffer.from(bytes.expose()).toString('base64')]),
    ]),
  }
}
