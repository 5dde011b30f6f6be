import { type BackendConnection, type CredentialProvider, SecretSyncError } from '@ack-secret-manager/core'
import type { EndpointAllowList } from '../endpoint-allow-list.ts'
import type { ConnectionPool } from './connection-pool.ts'
import type { Hold } from './shared.ts'

/** Most endpoints that entries may name through one store, beside its own. */
const MAX_ENDPOINTS = 64

/** Options of {@link StoreAccess}. */
export interface StoreAccessOptions {
  readonly pool: ConnectionPool
  readonly allowList: EndpointAllowList
  readonly region: string
  /** The store's own, canonical and allowed. */
  readonly endpoint: string
  readonly provider: Hold<CredentialProvider>
}

/** The way in that one store gives: one identity, at its endpoint and at those that entries name instead. */
export class StoreAccess {
  readonly endpoint: string
  readonly #options: StoreAccessOptions
  readonly #connections = new Map<string, Hold<BackendConnection>>()

  constructor(options: StoreAccessOptions) {
    this.endpoint = options.endpoint
    this.#options = options
  }

  get identity(): string {
    return this.#options.provider.value.identity.description
  }

  /** Whether the other leads to the same connections. */
  equals(other: StoreAccess): boolean {
    const [mine, its] = [this.#options, other.#options]
    return (
      mine.endpoint === its.endpoint &&
      mine.region === its.region &&
      mine.provider.value.identity.fingerprint === its.provider.value.identity.fingerprint
    )
  }

  /** @throws SecretSyncError `InvalidSpec` for an endpoint that is malformed, not allowed or one too many */
  connection(kmsEndpoint: string | undefined): BackendConnection {
    const { allowList, pool, region, provider } = this.#options
    const endpoint = kmsEndpoint === undefined ? this.endpoint : allowList.check(kmsEndpoint, 'kmsEndpoint')
    const known = this.#connections.get(endpoint)
    if (known !== undefined) return known.value
    if (this.#connections.size > MAX_ENDPOINTS) {
      throw new SecretSyncError(
        'InvalidSpec',
        `kmsEndpoint: more than ${MAX_ENDPOINTS} different ones through one store`,
      )
    }
    const hold = pool.hold({ region, endpoint, provider: provider.value })
    this.#connections.set(endpoint, hold)
    return hold.value
  }

  release(): void {
    for (const hold of this.#connections.values()) hold.release()
    this.#connections.clear()
    this.#options.provider.release()
  }
}
