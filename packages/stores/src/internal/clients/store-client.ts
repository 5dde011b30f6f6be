import {
  type BackendConnection,
  type CredentialProvider,
  isSecretSyncError,
  SecretSyncError,
} from '@ack-secret-manager/core'
import type { EndpointAllowList } from '../../endpoint-allow-list.ts'
import type { ConnectionPool } from '../connections/connection-pool.ts'
import {
  type ConnectionTarget,
  identityOfTarget,
  type InstanceTarget,
  type PluginTarget,
  targetKey,
} from '../connections/connection-target.ts'
import type { EndpointQuota } from '../connections/endpoint-quota.ts'
import type { Ref } from '../connections/ref-counted.ts'

type EndpointTarget = Exclude<ConnectionTarget, PluginTarget>

const INSTANCE_HOST = /^[a-z0-9-]+\.cryptoservice\.kms\.aliyuncs\.com(:\d+)?$/

/** Options of {@link StoreClient}. */
export interface StoreClientOptions {
  readonly pool: ConnectionPool
  readonly endpointQuota: EndpointQuota
  readonly allowList: EndpointAllowList
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
  readonly #options: StoreClientOptions
  #own: Ref<BackendConnection> | undefined

  constructor(options: StoreClientOptions) {
    this.#options = options
  }

  /** The `spec.provider` of ExternalSecrets that the store serves. */
  get provider(): 'kms' | 'oos' | 'plugin' {
    const { kind } = this.#options.target
    return kind === 'oos' || kind === 'plugin' ? kind : 'kms'
  }

  /** The endpoint, or `package NAME` of a plug-in. */
  get endpoint(): string {
    const { target } = this.#options
    return target.kind === 'plugin' ? `package ${target.package}` : target.endpoint
  }

  get identity(): string {
    return identityOfTarget(this.#options.target)?.description ?? 'its own identity'
  }

  /** The RAM identity; undefined for a client key or a plug-in. */
  get ramProvider(): CredentialProvider | undefined {
    const { target } = this.#options
    return target.kind === 'plugin' || 'sign' in target.provider ? undefined : target.provider
  }

  /** The KMS instance; undefined for every other target. */
  get instance(): InstanceTarget | undefined {
    const { target } = this.#options
    return target.kind === 'kms-instance' ? target : undefined
  }

  get expiresAtMs(): number | undefined {
    return this.#options.expiresAtMs
  }

  get tlsWarning(): string | undefined {
    return this.#options.tlsWarning
  }

  /** Equal for clients with the same connections. */
  get key(): string {
    return targetKey(this.#options.target)
  }

  /** The error of the latest reads at the store's own endpoint if they failed as `Unauthenticated`. */
  get refusal(): SecretSyncError | undefined {
    return this.#options.pool.refusal(this.key)
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
    if (targetKey(target) === this.key) return this.connection()
    return this.#options.endpointQuota.connection(namespace, this, target)
  }

  /** The canonical form of an entry's endpoint; undefined if it is the store's own or {@link connectionAt} rejects it. */
  otherEndpoint(kmsEndpoint: string): string | undefined {
    try {
      const target = this.#targetAt(kmsEndpoint)
      return target === this.#options.target ? undefined : target.endpoint
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      return undefined
    }
  }

  release(): void {
    this.#own?.release()
    this.#options.endpointQuota.release(this)
    this.#options.identity.release()
  }

  #targetAt(kmsEndpoint: string): EndpointTarget {
    const { allowList, target } = this.#options
    if (target.kind === 'oos' || target.kind === 'plugin') {
      throw new SecretSyncError(
        'InvalidSpec',
        `kmsEndpoint: the store reads from ${this.endpoint}, not from KMS; remove kmsEndpoint`,
      )
    }
    return kmsTarget(target, allowList.check(kmsEndpoint, 'kmsEndpoint'))
  }
}

/** The same identity at another KMS endpoint. The host name shows whether it belongs to an instance. */
function kmsTarget(from: EndpointTarget, endpoint: string): EndpointTarget {
  if (endpoint === from.endpoint) return from
  const { region, provider } = from
  // ignoreSSL applies only to the endpoint that the store names.
  if ('sign' in provider) return { ...from, kind: 'kms-instance', endpoint, provider, ignoreSSL: false }
  return ramTarget({ region, endpoint, provider })
}

/** Target of a RAM identity at a KMS endpoint. Only instances use a private CA. */
export function ramTarget(at: {
  readonly region: string
  readonly endpoint: string
  readonly provider: CredentialProvider
}): EndpointTarget {
  return INSTANCE_HOST.test(at.endpoint)
    ? { kind: 'kms-instance', ignoreSSL: false, ...at }
    : { kind: 'kms-endpoint', ...at }
}
