import type { CredentialProvider, Identity } from './credential-provider.ts'
import type { ProxyRoutes } from './proxy-routes.ts'
import type { BackendConnection } from './secret-backend.ts'

/** A client key that signs requests: the result of `parseClientKey` of `@ack-secret-manager/auth-aap`. */
export interface RequestSigner {
  /** `KAAP.…` */
  readonly keyId: string
  readonly identity: Identity
  /** RSASSA-PKCS1-v1_5 with SHA-256. */
  sign(bytes: Uint8Array): Uint8Array
}

/** The identity of reads: exactly one of the two. The caller owns it: closing the backend does not close it. */
export type BackendIdentity =
  | { readonly clientKey: RequestSigner; readonly provider?: never }
  | { readonly provider: CredentialProvider; readonly clientKey?: never }

interface EndpointAddress {
  readonly region: string
  /** Canonical `HOST` or `HOST:PORT`, and allowed. */
  readonly endpoint: string
  /** PEM in base64. @default the CA that the driver trusts */
  readonly ca?: string
  /** Certificates are not verified. @default false */
  readonly ignoreSSL?: boolean
  /** @default no proxy */
  readonly proxy?: ProxyRoutes
}

/** Endpoint and identity of a connection. */
export type BackendTarget = BackendIdentity & EndpointAddress
/** A target that is read with a RAM identity. */
export type RamTarget = Extract<BackendTarget, { readonly provider: CredentialProvider }>

/** Network that default endpoints are reached from: `vpc` for `kms-vpc.REGION.aliyuncs.com`, `public` for `kms.REGION.aliyuncs.com`. */
export type Network = 'public' | 'vpc'

/** Options of {@link EndpointDriver.defaultEndpoint}. */
export interface DefaultEndpointOptions {
  /** Endpoint that the program is started with. @default the well-known name */
  readonly configured?: string | undefined
  /** @default 'vpc' */
  readonly network?: Network | undefined
}

/** Connects stores in one service of Alibaba Cloud. Each `backend-*` package of this project exports one. */
export interface EndpointDriver {
  /** Name of the backend for metrics: `kms-endpoint`. */
  readonly kind: string
  readonly package?: never
  /** `spec.provider` of the ExternalSecrets that read through it. */
  readonly provider: string
  /** Endpoints that stores may always name. `*` matches within a label, and a region directly before `aliyuncs.com`. */
  readonly allowedEndpoints: readonly string[]
  /** Hosts that are read through this driver. @default those that no other driver of the provider claims */
  readonly hosts?: RegExp
  /**
   * The canonical endpoint of stores without one. Absent if each store must name its endpoint.
   * @throws SecretSyncError `InvalidSpec`
   */
  defaultEndpoint?(region: string, options?: DefaultEndpointOptions): string
  /** `HOST[:PORT]` for the endpoint of a store that selects this driver. @throws SecretSyncError `InvalidSpec` */
  parseEndpoint?(text: string): string
  /** Makes no network call. @throws SecretSyncError `InvalidSpec` with `facts.field` */
  connect(target: BackendTarget): BackendConnection
  /** Distinguishes targets that trust different certificates. Absent if all targets trust the same. */
  trustKey?(target: BackendTarget): string
  /**
   * Checks without a credential that the endpoint can be reached and is trusted.
   * @throws SecretSyncError `Unavailable` | `Timeout` | `Cancelled`
   */
  probe?(target: BackendTarget, signal: AbortSignal): Promise<void>
}

/** Connects stores that name a loaded backend package, which configures its own endpoint and credentials. */
export interface PackageDriver {
  readonly kind?: never
  readonly package: string
  /**
   * @throws SecretSyncError `InvalidSpec` with the field below `spec.plugin` in `facts.field`, or without a field if the package breaks its
   * contract; otherwise what `connect` of the package throws
   */
  connect(config: Readonly<Record<string, unknown>>): BackendConnection
}

/** A driver of this project, or a loaded backend package. */
export type BackendDriver = EndpointDriver | PackageDriver
