import type { Sensitive } from '../sensitive.ts'

/** One consistent set of RAM credentials. Never changed after it was made. */
export interface Credential {
  readonly accessKeyId: string
  readonly accessKeySecret: Sensitive<string>
  /** Present for temporary (STS) credentials. */
  readonly securityToken?: Sensitive<string>
  /** Wall-clock milliseconds; absent when it does not expire by itself. */
  readonly expiresAtMs?: number
}

/** Who asks, without secret material. */
export interface Identity {
  /** Kind of source: `access-key`, `rrsa`, `worker-role` … */
  readonly kind: string
  /** Equal only where the same party proved itself with the same material; unique to this process. */
  readonly fingerprint: string
  /** For people, in conditions and logs: `AccessKey LTAI5tDemo`. */
  readonly description: string
  /** Whose quota a call uses: the account or, until STS has named it, `unknownAccount` of core. */
  readonly account: string
}

/** Gives credentials of exactly one configured identity. A source that fails is an error, never a fall back to another. */
export interface CredentialProvider {
  readonly identity: Identity
  /**
   * A credential that is valid now.
   * @throws SecretSyncError `Unauthenticated` when the source is missing, refused or expired, `Unavailable` | `Timeout` when it cannot be reached
   */
  credential(options: { signal: AbortSignal }): Promise<Credential>
  /** Told that the manager refused this credential: it is not handed out again if there can be a newer one. */
  invalidate(credential: Credential): void
  close(): Promise<void>
}
