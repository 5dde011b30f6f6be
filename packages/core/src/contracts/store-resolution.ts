import type { SecretSyncError } from '../errors/secret-sync-error.ts'
import type { BackendConnection } from './secret-backend.ts'

export interface StoreReference {
  readonly name: string
  /** @default the namespace of the resource */
  readonly namespace?: string
  /** @default SecretStore */
  readonly kind?: 'SecretStore' | 'ClusterSecretStore'
}

/** A request for the connection of a store. */
export interface StoreQuery {
  /** Namespace of the requesting resource. */
  readonly namespace: string
  /** Absent: the operator identity at the default endpoint. */
  readonly ref?: StoreReference | undefined
  /** KMS endpoint to use instead of the store's. */
  readonly kmsEndpoint?: string | undefined
  /** Name of the secret to read. Required by stores with `allow`. */
  readonly secret?: string | undefined
  /**
   * The query is for the list of secrets. With `secret`, it is whether the namespace may see this secret in the list. Limits of a namespace do
   * not apply. @default false
   */
  readonly isForList?: boolean | undefined
  /** `spec.provider` of the resource. @default that of the store, `kms` without a store */
  readonly provider?: string | undefined
}

/** The reads per second that a store allows. */
export interface StoreReadLimit {
  /** Names the store. */
  readonly store: string
  /** Whether namespaces share the store. */
  readonly isShared: boolean
  readonly maxReadsPerSecond: number
}

/** The result of resolving a store reference. */
export type StoreResolution =
  | { readonly kind: 'ready'; readonly connection: BackendConnection; readonly limit?: StoreReadLimit }
  | { readonly kind: 'error'; readonly error: SecretSyncError }

/** The secrets that one resource reads from its stores, in order of its spec. */
export interface ReadDemand {
  readonly namespace: string
  readonly name: string
  /** creationTimestamp, in wall-clock milliseconds. */
  readonly createdMs: number
  readonly reads: ReadonlyArray<{ readonly ref: StoreReference | undefined; readonly secret: string }>
  /** Secrets that lists show and that it has not read yet. They never displace a read of any resource. @default none */
  readonly additions?: ReadDemand['reads']
  /** Stores whose secrets it finds. `reads` has those that it holds, if they are known. @default none */
  readonly finds?: ReadonlyArray<StoreReference | undefined>
}
