import {
  type BackendConnection,
  type CredentialProvider,
  defined,
  isSecretSyncError,
  SecretSyncError,
} from '@ack-secret-manager/core'
import type { TokenIdentity } from '@ack-secret-manager/generator-token'
import type { EndpointAllowList } from '../admission/endpoint-allow-list.ts'
import type { ConnectionPool } from '../connections/connection-pool.ts'
import { type ConnectionTarget, type EndpointTarget, endpointTarget } from '../connections/connection-target.ts'
import type { Drivers } from '../connections/drivers.ts'
import type { EndpointQuota } from '../connections/endpoint-quota.ts'
import type { Ref } from '../connections/ref-counted.ts'
import type { PushTarget } from '../../store-types.ts'

export interface StoreClientOptions {
  readonly pool: ConnectionPool
  readonly endpointQuota: EndpointQuota
  readonly allowList: EndpointAllowList
  readonly drivers: Drivers
  /** The store's own endpoint and identity. */
  readonly target: ConnectionTarget
  /** Reference to the identity of the target; released with the client. */
  readonly identity: Pick<Ref<unknown>, 'release'>
  /** Expiry of the identity, in wall-clock milliseconds. */
  readonly expiresAtMs?: number
  /** Set if certificates are not verified. */
  readonly tlsWarning?: string
}

/** Connects one store: its identity, at its own endpoint and at endpoints that entries name by `kmsEndpoint`. */
export class StoreClient {
  #options: StoreClientOptions
  #own: Ref<BackendConnection> | undefined

  constructor(options: StoreClientOptions) {
    this.#options = options
  }

  /** The `spec.provider` of ExternalSecrets that the store serves. */
  get provider(): string {
    return this.#options.target.provider
  }

  /** The endpoint, or `package NAME` of a backend package. */
  get endpoint(): string {
    const { at, package: name } = this.#options.target
    return at?.endpoint ?? `package ${name}`
  }

  get identity(): string {
    const { at } = this.#options.target
    return (at?.clientKey ?? at?.provider)?.identity.description ?? 'its own identity'
  }

  /** The RAM identity; undefined for a client key or a backend package. */
  get ramProvider(): CredentialProvider | undefined {
    return this.#options.target.at?.provider
  }

  /** Checks the store's own endpoint, see `EndpointDriver.probe`. */
  async probe(signal: AbortSignal): Promise<void> {
    const { driver, at } = this.#options.target
    if (driver !== undefined) await driver.probe?.(at, signal)
  }

  get expiresAtMs(): number | undefined {
    return this.#options.expiresAtMs
  }

  get tlsWarning(): string | undefined {
    return this.#options.tlsWarning
  }

  /** Equal for clients with the same connections. */
  get key(): string {
    return this.#options.target.key
  }

  /** The error of the latest reads at the store's own endpoint if they failed as `Unauthenticated`. */
  get refusal(): SecretSyncError | undefined {
    return this.#options.pool.refusal(this.key)
  }

  /**
   * The store's own endpoint and identity, for writes.
   * @throws SecretSyncError `InvalidSpec` for a store that cannot be written through
   */
  pushTarget(): PushTarget {
    const { driver, at, provider } = this.#options.target
    const isShared = provider === 'kms' && driver !== undefined && driver.hosts === undefined
    if (!isShared || at?.provider === undefined) {
      const why = 'secrets can be pushed only through a store in KMS, with a RAM identity and an endpoint of a region'
      throw new SecretSyncError('InvalidSpec', `secretStoreRef: the store reads from ${this.endpoint}; ${why}`)
    }
    const { endpoint, proxy } = at
    return { endpoint, provider: at.provider, quota: this.connection().quota, ...defined({ proxy }) }
  }

  /**
   * The identity and region of the store, for tokens.
   * @throws SecretSyncError `InvalidSpec` for a store without a RAM identity
   */
  tokenIdentity(): TokenIdentity {
    const { at } = this.#options.target
    if (at?.provider === undefined) {
      const why = 'tokens need a store with a RAM identity'
      throw new SecretSyncError('InvalidSpec', `secretStoreRef: the store reads from ${this.endpoint}; ${why}`)
    }
    const { provider, region, proxy } = at
    return { provider, region, ...defined({ proxy }) }
  }

  /** The connection at the store's own endpoint. @throws the backend's error for invalid options */
  connection(): BackendConnection {
    this.#own ??= this.#options.pool.acquire(this.#options.target)
    return this.#own.value
  }

  /** Key of the connection at the store's own endpoint; undefined before the first {@link connection}. */
  get ownConnection(): string | undefined {
    return this.#own?.value.key
  }

  /**
   * The connection at the endpoint that an entry of this namespace names.
   * @throws SecretSyncError `InvalidSpec` when the endpoint is malformed or not allowed, exceeds the quota, or the store is not in KMS
   */
  connectionAt(kmsEndpoint: string, namespace: string): BackendConnection {
    const target = this.#targetAt(kmsEndpoint)
    if (target.key === this.key) return this.connection()
    return this.#options.endpointQuota.connection(namespace, this, target)
  }

  /** The canonical form of an entry's endpoint; undefined if it is the store's own or {@link connectionAt} rejects it. */
  otherEndpoint(kmsEndpoint: string): string | undefined {
    try {
      const target = this.#targetAt(kmsEndpoint)
      return target === this.#options.target ? undefined : target.at.endpoint
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      return undefined
    }
  }

  /** Uses the region of a client with the same {@link key}, which does not contain it. All references stay. */
  useRegionOf(client: StoreClient): void {
    this.#options = { ...this.#options, target: client.#options.target }
  }

  release(): void {
    this.#own?.release()
    this.#options.endpointQuota.release(this)
    this.#options.identity.release()
  }

  #targetAt(kmsEndpoint: string): EndpointTarget {
    const { allowList, target, drivers } = this.#options
    if (target.driver === undefined || target.provider !== 'kms') {
      throw new SecretSyncError(
        'InvalidSpec',
        `kmsEndpoint: the store reads from ${this.endpoint}, not from KMS; remove kmsEndpoint`,
      )
    }
    const { at, driver, provider } = target
    const endpoint = allowList.check(kmsEndpoint, 'kmsEndpoint')
    if (endpoint === at.endpoint) return target
    // ignoreSSL applies only to the endpoint that the store names, and so does the CA of a RAM identity.
    if (at.clientKey !== undefined) return endpointTarget(driver, { ...at, endpoint, ignoreSSL: false })
    const { region, provider: identity, proxy } = at
    return endpointTarget(drivers.ofEndpoint(provider, endpoint), {
      region,
      endpoint,
      provider: identity,
      ...defined({ proxy }),
    })
  }
}
