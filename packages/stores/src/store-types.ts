import type { BackendConnection, CredentialProvider, SecretSyncError } from '@ack-secret-manager/core'
import type { BackendFactory } from './internal/connection-pool.ts'
import type { ReadSecretKey } from './store-credentials.ts'

/** Options of StoreRegistry. */
export interface StoreRegistryOptions {
  /** What stores and entries have that do not say otherwise. */
  readonly defaults: {
    readonly region: string
    /** Given by whoever runs the process, so it need not be among the allowed ones. @default kms-vpc.{region}.aliyuncs.com */
    readonly endpoint?: string
    /** The process's own identity, lent to stores without authentication. Stays the caller's. @default none: such stores are refused */
    readonly identity?: CredentialProvider
  }
  readonly readSecretKey: ReadSecretKey
  /** Patterns beside `DEFAULT_ALLOWED_ENDPOINTS`. @default [] */
  readonly allowEndpoints?: readonly string[]
  /** Resources may use stores of other namespaces. @default false */
  readonly enableCrossNamespaceSecretStore?: boolean
  /** Stores may take credentials from Secrets of other namespaces. @default false */
  readonly enableCrossNamespaceAuthRef?: boolean
  /** @default kmsEndpointConnection */
  readonly backendFactory?: BackendFactory
}

/** Names an object of a namespace. */
export interface NamespacedName {
  readonly namespace: string
  readonly name: string
}

/** Whether a store can be read through, and if not, why. */
export type StoreState =
  | { readonly ready: true; readonly identity: string; readonly endpoint: string }
  | { readonly ready: false; readonly error: SecretSyncError }

/** What a reference to a store leads to. */
export type StoreResolution =
  | { readonly kind: 'ready'; readonly connection: BackendConnection }
  | { readonly kind: 'error'; readonly error: SecretSyncError }

/** Who asks for which store. */
export interface StoreQuery {
  /** Namespace of the resource that asks. */
  readonly namespace: string
  /** Absent: the process's own identity at the default endpoint. */
  readonly ref?: { readonly name: string; readonly namespace?: string } | undefined
  /** Endpoint to use instead of the store's. */
  readonly kmsEndpoint?: string | undefined
}
