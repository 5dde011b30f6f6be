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
import type { ExtraEndpoints } from '../connections/endpoint-quota.ts'
import type { Hold } from '../connections/ref-counted.ts'

type EndpointTarget = Exclude<ConnectionTarget, PluginTarget>

const INSTANCE_HOST = /^[a-z0-9-]+\.cryptoservice\.kms\.aliyuncs\.com(:\d+)?$/

/** Options of {@link StoreAccess}. */
export interface StoreAccessOptions {
  readonly pool: ConnectionPool
  readonly extraEndpoints: ExtraEndpoints
  readonly allowList: EndpointAllowList
  /** The store's own place and identity. */
  readonly target: ConnectionTarget
  /** What the target uses; released with the access. */
  readonly identity: Pick<Hold<unknown>, 'release'>
  /** When the identity comes to its end, in wall-clock milliseconds. */
  readonly expiresAtMs?: number
  /** What is allowed here although it should not be. */
  readonly warnings?: readonly string[]
}

/** The way in that one store gives: one identity, at its endpoint and at those that entries name instead. */
export class StoreAccess {
  readonly #options: StoreAccessOptions
  #own: Hold<BackendConnection> | undefined

  constructor(options: StoreAccessOptions) {
    this.#options = options
  }

  /** Which `provider` of an ExternalSecret it serves. */
  get provider(): 'kms' | 'oos' | 'plugin' {
    const { kind } = this.#options.target
    return kind === 'oos' || kind === 'plugin' ? kind : 'kms'
  }

  /** Where it reads: an endpoint, or a package. */
  get place(): string {
    const { target } = this.#options
    return target.kind === 'plugin' ? `package ${target.package}` : target.endpoint
  }

  get identity(): string {
    return identityOfTarget(this.#options.target)?.description ?? 'its own identity'
  }

  /** The RAM identity; undefined for a client key or a plugin. */
  get ramProvider(): CredentialProvider | undefined {
    const { target } = this.#options
    return target.kind === 'plugin' || 'sign' in target.provider ? undefined : target.provider
  }

  /** Undefined where it does not read from an instance. */
  get instance(): InstanceTarget | undefined {
    const { target } = this.#options
    return target.kind === 'kms-instance' ? target : undefined
  }

  get expiresAtMs(): number | undefined {
    return this.#options.expiresAtMs
  }

  get warnings(): readonly string[] {
    return this.#options.warnings ?? []
  }

  /** Equal for accesses that lead to the same connections. */
  get key(): string {
    return targetKey(this.#options.target)
  }

  /** Why the latest reads at its own endpoint were refused as `Unauthenticated`, if they were. */
  get refusal(): SecretSyncError | undefined {
    return this.#options.pool.refusal(this.key)
  }

  /** At its own endpoint. @throws what the backend refuses its options with */
  connection(): BackendConnection {
    this.#own ??= this.#options.pool.hold(this.#options.target)
    return this.#own.value
  }

  /** Key of the connection at its own endpoint; undefined where none was asked for. */
  get ownConnection(): string | undefined {
    return this.#own?.value.key
  }

  /**
   * At the endpoint that an entry of this namespace names.
   * @throws SecretSyncError `InvalidSpec` for an endpoint that is malformed, not allowed, one too many or out of place
   */
  connectionAt(kmsEndpoint: string, namespace: string): BackendConnection {
    const wanted = this.#elsewhere(kmsEndpoint)
    if (targetKey(wanted) === this.key) return this.connection()
    return this.#options.extraEndpoints.connection(namespace, this, wanted)
  }

  /** The endpoint that an entry names, canonical; undefined for the store's own, and where {@link connectionAt} refuses it. */
  otherEndpoint(kmsEndpoint: string): string | undefined {
    try {
      const wanted = this.#elsewhere(kmsEndpoint)
      return wanted === this.#options.target ? undefined : wanted.endpoint
    } catch (error) {
      if (!isSecretSyncError(error)) throw error
      return undefined
    }
  }

  release(): void {
    this.#own?.release()
    this.#options.extraEndpoints.release(this)
    this.#options.identity.release()
  }

  #elsewhere(kmsEndpoint: string): EndpointTarget {
    const { allowList, target } = this.#options
    if (target.kind === 'oos' || target.kind === 'plugin') {
      throw new SecretSyncError('InvalidSpec', `kmsEndpoint: the store does not read from KMS but from ${this.place}`)
    }
    return kmsTarget(target, allowList.check(kmsEndpoint, 'kmsEndpoint'))
  }
}

/** The same identity at another endpoint of KMS; by its name that of an instance, or the shared one. */
function kmsTarget(from: EndpointTarget, endpoint: string): EndpointTarget {
  if (endpoint === from.endpoint) return from
  const { region, provider } = from
  // That any certificate will do was said of one endpoint, not of this one.
  if ('sign' in provider) return { ...from, kind: 'kms-instance', endpoint, provider, ignoreSSL: false }
  return ramTarget({ region, endpoint, provider })
}

/** Where a RAM identity reads at an endpoint of KMS: instances have a CA of their own, everything else is the same. */
export function ramTarget(at: {
  readonly region: string
  readonly endpoint: string
  readonly provider: CredentialProvider
}): EndpointTarget {
  return INSTANCE_HOST.test(at.endpoint)
    ? { kind: 'kms-instance', ignoreSSL: false, ...at }
    : { kind: 'kms-endpoint', ...at }
}
