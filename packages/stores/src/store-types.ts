import type { CallerIdentity } from '@ack-secret-manager/alicloud-openapi'
import type { ServiceAccountTokenRequest } from '@ack-secret-manager/auth-rrsa'
import type {
  BackendConnection,
  Clock,
  CredentialProvider,
  CredentialRefresh,
  SecretSyncError,
  Sensitive,
} from '@ack-secret-manager/core'
import type { NamespaceLabels } from './internal/admission/admission.ts'
import type { BackendFactory } from './internal/connections/connection-target.ts'
import type { ReadSecretKey, ReadServiceAccount } from './internal/credentials/credential-reader.ts'
import type { ResolvePlugin } from './internal/clients/store-client-builder.ts'
import type { NamespacedName } from './store-references.ts'

/** What stores and entries have that do not say otherwise. Given by whoever runs the process: its endpoints need not be allowed by name. */
export interface StoreDefaults {
  readonly region: string
  /** @default kms-vpc.{region}.aliyuncs.com */
  readonly endpoint?: string
  /** @default oos-vpc.{region}.aliyuncs.com */
  readonly oosEndpoint?: string
  /** Where all roles are taken, whatever the region of a store. @default sts-vpc.{region}.aliyuncs.com */
  readonly stsEndpoint?: string
  /** `HOST` or `HOST:PORT` of the ECS metadata service. @default 100.100.100.200 */
  readonly metadataEndpoint?: string
  /** The process's own identity, lent to stores without authentication. Stays the caller's. @default none: such stores are refused */
  readonly identity?: CredentialProvider
  /** OIDC provider of the cluster, for stores that name none. @default none: such stores are refused */
  readonly oidcProviderArn?: string
  /** File with the process's own OIDC token. @default /var/run/secrets/tokens/ack-secret-manager */
  readonly tokenFile?: string
}

/** Options of StoreRegistry. */
export interface StoreRegistryOptions {
  readonly defaults: StoreDefaults
  readonly readSecretKey: ReadSecretKey
  /** Looks ServiceAccounts up. @default none: stores with `serviceAccountRef` are refused */
  readonly readServiceAccount?: ReadServiceAccount
  /** Creates `serviceaccounts/token` and gives the token. @default none: stores with `serviceAccountRef` are refused */
  readonly requestToken?: (request: ServiceAccountTokenRequest) => Promise<string | Sensitive<string>>
  /** Labels of a namespace as they are now, for the selectors of `conditions`. @default unknown: selectors admit nobody */
  readonly namespaceLabels?: NamespaceLabels
  /** Makes backends of packages that the process was started with. @default none: stores with `plugin` are refused */
  readonly resolvePlugin?: ResolvePlugin
  /**
   * Only a ClusterSecretStore may name a plugin: a package does not know who asks, so whoever writes the store decides
   * what is read with the package's own credentials. @default false
   */
  readonly clusterPluginsOnly?: boolean
  /** Patterns beside `DEFAULT_ALLOWED_ENDPOINTS`. @default [] */
  readonly allowEndpoints?: readonly string[]
  /** Directories beside `/var/run/secrets` that `oidcTokenFilePath` may name. @default [] */
  readonly allowTokenPaths?: readonly string[]
  /** Resources may use SecretStores of other namespaces. @default false */
  readonly enableCrossNamespaceSecretStore?: boolean
  /** SecretStores may take credentials from Secrets and ServiceAccounts of other namespaces. @default false */
  readonly enableCrossNamespaceAuthRef?: boolean
  /** Stores may read as the RAM role of the node. @default false */
  readonly enableWorkerRole?: boolean
  /**
   * Namespaces that may read as the process itself: with its identity, its OIDC token, its ServiceAccount, or the RAM role of its
   * node; `*` for any characters. A ClusterSecretStore may, and says itself who uses it. @default ['*']
   */
  readonly ownIdentityNamespaces?: readonly string[]
  /**
   * Ask STS who each identity is: a store whose credential STS refuses is not ready. Where STS cannot be reached nothing is
   * known, and nobody waits for it twice within a minute. @default false
   */
  readonly askWho?: boolean
  /** Told of each finished refresh of a credential. Must not throw. */
  readonly onRefresh?: (refresh: CredentialRefresh) => void
  /** Told which stores to upsert again, and why. Must not throw. */
  readonly onDoubt?: (stores: readonly NamespacedName[], why: StoreDoubt) => void
  /** Told which account calls count for that were counted under `quotaAccount`, once STS has said so. Must not throw. */
  readonly onCaller?: (quotaAccount: string, caller: CallerIdentity) => void
  /** An entry of this namespace was refused its `kmsEndpoint` for want of a place, and now there is one. Must not throw. */
  readonly onPlaceFree?: (namespace: string) => void
  /** Other secrets than before are within `maxSecretsPerNamespace` of a store. Must not throw. */
  readonly onShareChange?: (change: ShareChange) => void
  /** @default systemClock */
  readonly clock?: Clock
  /** @default connects with the packages of this project, and sees first whether a KMS instance can be reached */
  readonly backendFactory?: BackendFactory
}

/**
 * Why a store is worth another look: its reads are refused as `Unauthenticated`, or are accepted again, or its credential could
 * not be renewed. For the last one wait a little: the look itself asks for the credential.
 */
export type StoreDoubt = 'refused' | 'accepted' | 'unrenewed'

/** Whether a store can be read through, and if not, why. */
export type StoreState =
  | {
      readonly ready: true
      /** As whom it reads, for people. */
      readonly identity: string
      /** Where it reads: an endpoint, or `package NAME`. */
      readonly endpoint: string
      /** Who that is, as far as STS has said, see {@link StoreRegistryOptions.askWho}. */
      readonly caller?: CallerIdentity
      /** STS was to be asked and could not be: worth another look some time. */
      readonly unproven?: true
      /** When its client key expires, in wall-clock milliseconds. */
      readonly expiresAtMs?: number
      /** What people should know although it works. */
      readonly warnings?: readonly string[]
    }
  | { readonly ready: false; readonly error: SecretSyncError }

/** What a reference to a store leads to. */
export type StoreResolution =
  | {
      readonly kind: 'ready'
      readonly connection: BackendConnection
      /** Reads per second that the store allows, and the name under which they count. */
      readonly limit?: { readonly store: string; readonly maxReadsPerSecond: number }
    }
  | { readonly kind: 'error'; readonly error: SecretSyncError }

/** What one resource reads. */
export interface ResourceDemand extends NamespacedName {
  /** When it was created, in wall-clock milliseconds. */
  readonly createdMs: number
  readonly reads: ReadonlyArray<{ readonly ref: StoreQuery['ref']; readonly secret: string }>
}

/** Who asks for which store. */
export interface StoreQuery {
  /** Namespace of the resource that asks. */
  readonly namespace: string
  /** Absent: the process's own identity at the default endpoint. */
  readonly ref?:
    | { readonly name: string; readonly namespace?: string; readonly kind?: 'SecretStore' | 'ClusterSecretStore' }
    | undefined
  /** Endpoint of KMS to use instead of the store's. */
  readonly kmsEndpoint?: string | undefined
  /** Name of the secret that is to be read. A store with `allow` gives nothing to whoever does not say. */
  readonly secret?: string | undefined
  /** Kind of manager that the resource asks for. @default that of the store, `kms` without one */
  readonly provider?: 'kms' | 'oos' | 'plugin' | undefined
}

/** Secrets of one namespace that a store admits now and did not, or does not and did. */
export interface ShareChange {
  readonly store: string
  readonly namespace: string
  readonly secrets: ReadonlySet<string>
}
