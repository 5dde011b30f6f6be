import type {
  BackendConnection,
  Clock,
  CredentialProvider,
  ErrorCode,
  Network,
  ProxyRoutes,
  RequestSigner,
  SecretSyncError,
} from '@ack-secret-manager/core'
import type { IdentityKind } from './internal/environment-identity.ts'

/** One finished read, for logs and metrics. */
export interface SecretRead {
  readonly name: string
  readonly result: 'ok' | ErrorCode
  /** Absent after a failure. */
  readonly versionId?: string
  /** The value differs from the last one, or is the first. */
  readonly isChanged: boolean
  readonly durationMs: number
  readonly error?: SecretSyncError
}

/** State of a cached secret, for a health endpoint. */
export interface SecretStatus {
  readonly name: string
  /** Absent without a value. */
  readonly versionId?: string
  /** When KMS returned this version last. */
  readonly confirmedAt?: Date
  /** Absent if the last read succeeded. */
  readonly failingSince?: Date
  readonly error?: SecretSyncError
}

/** Options of `createSecretClient`. */
export interface SecretClientOptions {
  /** Region of KMS and STS: `cn-hangzhou`. @default ALIBABA_CLOUD_REGION_ID */
  readonly region?: string
  /**
   * `HOST` or `HOST:PORT` of KMS, always HTTPS, or the id of a KMS instance (`kst-…`).
   * @default ACKSM_ENDPOINT, or `kms-vpc.{region}.aliyuncs.com`
   */
  readonly endpoint?: string
  /** Network of the default endpoints: `public` outside of a VPC. @default ACKSM_NETWORK, or 'vpc' */
  readonly network?: Network
  /** CAs to trust for KMS instead of the machine's: PEM, or base64 of PEM. @default the machine's; for an instance the region's */
  readonly ca?: string
  /** `HOST` or `HOST:PORT` of STS. @default ACKSM_STS_ENDPOINT, or `sts-vpc.{region}.aliyuncs.com` */
  readonly stsEndpoint?: string
  /** `HOST` or `HOST:PORT` of the ECS metadata service. @default ACKSM_METADATA_ENDPOINT, or 100.100.100.200 */
  readonly metadataEndpoint?: string
  /**
   * The identity: a provider or a client key, which the caller closes, or a kind if the environment configures several.
   * @default the one that the environment configures
   */
  readonly identity?: IdentityKind | CredentialProvider | RequestSigner
  /** Reads through this backend instead, such as that of a plug-in; the client closes it. Replaces all options above. */
  readonly connection?: BackendConnection
  /** Proxies. @default HTTPS_PROXY and NO_PROXY */
  readonly proxy?: ProxyRoutes
  /** Each secret is read once per interval, up to a fifth earlier. @default 120_000 */
  readonly refreshIntervalMs?: number
  /** How long the last value is used while KMS is away, since KMS returned it. @default 3_600_000 */
  readonly maxStaleMs?: number
  /** A secret that is not used for this time is forgotten. @default 3_600_000 */
  readonly maxIdleMs?: number
  /** Deadline of one read with its retries. @default 10_000 */
  readonly timeoutMs?: number
  /** Maximum number of cached secrets; beyond it, the one that was not used for the longest time is forgotten. @default 1_000 */
  readonly maxSecrets?: number
  /** Called after each read. What it throws is a warning of the process. */
  readonly onRead?: (read: SecretRead) => void
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** @default the machine's, with timers that do not keep the process alive */
  readonly clock?: Clock
  /** A number in [0, 1), for jitter. @default Math.random */
  readonly random?: () => number
}
