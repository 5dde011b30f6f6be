import type { Clock, CredentialProvider, CredentialRefresh, ProxyRoutes } from '@ack-secret-manager/core'
import type { Environment } from './internal/places.ts'

/** Sources of the default chain, in its order. */
export type ChainSource = 'environment' | 'oidc' | 'cli-profile' | 'credentials-file' | 'ecs-role' | 'credentials-uri'

/** A source that has no identity. */
export interface SkippedSource {
  readonly source: ChainSource
  /** Why: `ALIBABA_CLOUD_ACCESS_KEY_ID is not set`. Never a value. */
  readonly why: string
}

/** The identity that was found. */
export interface ResolvedIdentity {
  /** `identity.description` says which it is: `profile prod of ~/.aliyun/config.json (AccessKey LTAI5tDemo)`. The caller closes it. */
  readonly provider: CredentialProvider
  readonly source: ChainSource
  /** Region of the profile, if it names one. */
  readonly region?: string
  /** Program of the `process_command` of the profile: `sleep`. Its path and arguments may hold a secret. @default absent */
  readonly command?: string
  /** A credentials URI gives the credential: a service of this machine, without retries of its own. @default absent */
  readonly isFromUri?: boolean
  /** Sources before it that have no identity, in the order of the chain. */
  readonly skipped: readonly SkippedSource[]
}

/** Options of {@link defaultChain} and `profile`. */
export interface ResolveOptions {
  /** Variables to read, `HOME` among them. The SDK itself takes `ALIBABA_CLOUD_STS_REGION` and switches of the metadata service from the process. @default process.env */
  readonly environment?: Environment
  /** `HOST` or `HOST:PORT` of STS, for roles whose profile names none. @default `sts.aliyuncs.com`, or that of the profile's region */
  readonly stsEndpoint?: string
  /**
   * Proxies to reach HTTPS services through; the same for all identities of the process. The metadata service and a credentials
   * URI of plain HTTP are reached directly. @default none
   */
  readonly proxy?: ProxyRoutes
  /**
   * Provider of the role of this ECS instance, to reach another metadata service. Closed after each read.
   * @default that of the SDK, which asks 100.100.100.200
   */
  readonly ecsRole?: (roleName: string | undefined) => CredentialProvider
  /**
   * Called with the path of a file with identities that other users of the machine may read or change, its mode, and the id of its
   * owner if that is another user. @default not called
   */
  readonly onExposedFile?: (shown: string, mode: number, otherOwner?: number) => void
  /** Deadline of one read of a credential. @default 20_000; 70_000 for logins and commands of the `aliyun` CLI */
  readonly timeoutMs?: number
  /** Called after each refresh. Must not throw. */
  readonly onRefresh?: (refresh: CredentialRefresh) => void
  /** @default systemClock */
  readonly clock?: Clock
}
