import type { Sensitive } from '../sensitive.ts'

/** One consistent, immutable set of RAM credentials. */
export interface Credential {
  readonly accessKeyId: string
  readonly accessKeySecret: Sensitive<string>
  /** Present for temporary (STS) credentials. */
  readonly securityToken?: Sensitive<string>
  /** Wall-clock milliseconds; absent for a credential without expiry. */
  readonly expiresAtMs?: number
}

/** An identity without its secret material. */
export interface Identity {
  /** Kind of source: `access-key`, `rrsa`, `worker-role` … */
  readonly kind: string
  /** Equal only for the same identity with the same secret material; unique to this process. */
  readonly fingerprint: string
  /** For conditions and logs: `AccessKey LTAI5tDemo`. */
  readonly description: string
  /** Account whose quota a call uses; `unknownAccount` of core until STS has named it. */
  readonly account: string
  /** Host that issues its credentials, if they are temporary: `sts.cn-hangzhou.aliyuncs.com`. */
  readonly issuer?: string
}

/** Provides credentials of exactly one configured identity. It never falls back to another identity. */
export interface CredentialProvider {
  readonly identity: Identity
  /**
   * A credential that is valid now.
   * @throws SecretSyncError `Unauthenticated` when the source is missing, refused or expired, `Unavailable` | `Timeout` when it cannot be
   * reached, `Cancelled` when the signal aborts, or when it needs the source after `close`
   */
  credential(options: { signal: AbortSignal }): Promise<Credential>
  /** Reports that the secret manager refused this credential. The provider tries to replace it before the next use. */
  invalidate(credential: Credential): void
  /** Closes the source. Calls that wait for the source fail with `Cancelled`. May be called more than once. */
  close(): Promise<void>
}
