import type { CallerIdentity } from '@ack-secret-manager/alicloud-openapi'
import type { ServiceAccountTokenRequest } from '@ack-secret-manager/auth-rrsa'
import type {
  BackendDriver,
  Clock,
  CredentialProvider,
  CredentialRefresh,
  Network,
  ProxyRoutes,
  Quota,
  SecretSyncError,
  Sensitive,
  StoreReference,
} from '@ack-secret-manager/core'
import type { TokenCall } from '@ack-secret-manager/generator-token'
import type { NamespaceLabels } from './internal/admission/admission.ts'
import type { TokenSubject } from './internal/admission/token-admission.ts'
import type { ReadSecretKey, ReadServiceAccount } from './internal/credentials/credential-reader.ts'
import type { NamespacedName } from './store-references.ts'

/** Defaults of stores and entries. The cluster administrator sets them, so their endpoints are always allowed. */
export interface StoreDefaults {
  readonly region: string
  /** Endpoints by provider, such as `kms`. @default `EndpointDriver.defaultEndpoint` */
  readonly endpoints?: Readonly<Record<string, string | undefined>>
  /** Network of the default endpoints of KMS, OOS, STS and Container Registry. @default 'vpc' */
  readonly network?: Network
  /** STS endpoint for AssumeRole in every region. @default sts-vpc.{region}.aliyuncs.com, or sts.{region}.aliyuncs.com */
  readonly stsEndpoint?: string
  /** Endpoint of Container Registry in the default region. @default cr-vpc.{region}.aliyuncs.com, or cr.{region}.aliyuncs.com */
  readonly registryEndpoint?: string
  /** Proxies to reach KMS, OOS, STS and Container Registry through. Backend packages and the metadata service do not use them. @default none */
  readonly proxy?: ProxyRoutes
  /** `HOST` or `HOST:PORT` of the ECS metadata service. @default 100.100.100.200 */
  readonly metadataEndpoint?: string
  /** The operator identity, for stores without authentication. The caller closes it. @default none: such stores are rejected */
  readonly identity?: CredentialProvider
  /** OIDC provider of the cluster, for stores without one. @default none: such stores are rejected */
  readonly oidcProviderArn?: string
  /** File with the operator's OIDC token. @default /var/run/secrets/tokens/ack-secret-manager */
  readonly tokenFile?: string
}

export interface StoreRegistryOptions {
  /** Drivers that stores can use: those of this project, and those of loaded packages. */
  readonly drivers: readonly BackendDriver[]
  readonly defaults: StoreDefaults
  readonly readSecretKey: ReadSecretKey
  /** Reads a ServiceAccount. @default none: stores with `serviceAccountRef` are rejected */
  readonly readServiceAccount?: ReadServiceAccount
  /** Requests a token of a ServiceAccount (TokenRequest). @default none: stores with `serviceAccountRef` are rejected */
  readonly requestToken?: (request: ServiceAccountTokenRequest) => Promise<string | Sensitive<string>>
  /**
   * The clock of the API server in wall-clock milliseconds; undefined before its first response. A message about a client key uses it to
   * report a wrong local clock. @default unknown
   */
  readonly serverTimeMs?: () => number | undefined
  /** Current labels of a namespace, for the selectors of `conditions`. @default unknown: only the selector `{}` matches */
  readonly namespaceLabels?: NamespaceLabels
  /**
   * Only a ClusterSecretStore may name a backend package. A package cannot tell tenants apart, so a tenant's SecretStore could read
   * everything that the package's own credentials can. @default false
   */
  readonly clusterPluginsOnly?: boolean
  /** Patterns in addition to the `allowedEndpoints` of the drivers. @default [] */
  readonly allowEndpoints?: readonly string[]
  /** Directories in addition to `/var/run/secrets` that `oidcTokenFilePath` may name. @default [] */
  readonly allowTokenPaths?: readonly string[]
  /** Resources may use SecretStores of other namespaces. @default false */
  readonly enableCrossNamespaceSecretStore?: boolean
  /** SecretStores may take credentials from Secrets and ServiceAccounts of other namespaces. @default false */
  readonly enableCrossNamespaceAuthRef?: boolean
  /** Stores may use the RAM role of the node. @default false */
  readonly enableWorkerRole?: boolean
  /**
   * Namespaces that may use the operator identity: its credential, OIDC token and ServiceAccount, and the RAM role of its node.
   * `*` matches any characters. A ClusterSecretStore always may; its `conditions` restrict it. @default ['*']
   */
  readonly operatorIdentityNamespaces?: readonly string[]
  /**
   * Verify each identity with STS; a store whose credential STS rejects is not ready. An unreachable STS changes no store, and
   * is called again after a minute. @default false
   */
  readonly verifyIdentity?: boolean
  /** Called after each credential refresh. Must not throw. */
  readonly onRefresh?: (refresh: CredentialRefresh) => void
  /** Called after each call for a token. Must not throw. */
  readonly onTokenCall?: (call: TokenCall) => void
  /** Called with stores to upsert again, and the reason. Must not throw. */
  readonly onRecheck?: (stores: readonly NamespacedName[], why: RecheckReason) => void
  /** Called when STS has reported the account behind `quotaAccount`. Must not throw. */
  readonly onCallerIdentity?: (quotaAccount: string, caller: CallerIdentity) => void
  /** Called when a namespace whose `kmsEndpoint` was refused for lack of a slot has a free slot again. Must not throw. */
  readonly onEndpointSlotFree?: (namespace: string) => void
  /** Called when the secrets within `maxSecretsPerNamespace` of a store change. Must not throw. */
  readonly onShareChange?: (change: ShareChange) => void
  /** @default systemClock */
  readonly clock?: Clock
}

/** Endpoint and identity of writes through a store. */
export interface PushTarget {
  /** Canonical `HOST` or `HOST:PORT` of KMS, and allowed. */
  readonly endpoint: string
  /** The identity, until the store changes; the registry closes it. */
  readonly provider: CredentialProvider
  readonly proxy?: ProxyRoutes
  /** The quota that the calls count for. */
  readonly quota: Quota
}

/** A request for the identity of a token. */
export interface TokenQuery {
  /** Namespace of the ExternalSecret. */
  readonly namespace: string
  readonly ref: StoreReference
  readonly subject: TokenSubject
}

/** A request to write a secret through a store. */
export interface PushQuery {
  /** Namespace of the PushSecret. */
  readonly namespace: string
  readonly ref: StoreReference
  /** Name of the secret to write. */
  readonly secret: string
}

/**
 * Why to upsert a store again: its reads fail as `Unauthenticated` (`refused`) or succeed again (`accepted`), or its credential
 * could not be renewed (`unrenewed`). Wait a few seconds after `unrenewed`, because the upsert requests the credential too.
 */
export type RecheckReason = 'refused' | 'accepted' | 'unrenewed'

/** Whether reads through a store are possible, and if not, why. */
export type StoreState =
  | {
      readonly ready: true
      /** Description of the identity, for messages. */
      readonly identity: string
      /** The endpoint, or `package NAME` of a backend package. */
      readonly endpoint: string
      /** The identity as STS reports it, see {@link StoreRegistryOptions.verifyIdentity}. */
      readonly caller?: CallerIdentity
      /** STS could not be reached to verify the identity: upsert the store again later. */
      readonly unverified?: true
      /** Expiry of the client key, in wall-clock milliseconds. */
      readonly expiresAtMs?: number
      /** Set while certificates are not verified: the field, and what that means. */
      readonly tlsWarning?: string
    }
  | { readonly ready: false; readonly error: SecretSyncError }

/** Secrets of one namespace whose admission by a store has changed. */
export interface ShareChange {
  readonly store: string
  readonly namespace: string
  readonly secrets: ReadonlySet<string>
}
