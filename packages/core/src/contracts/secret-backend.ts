import type { SecretRef, SecretValue } from './secret-value.ts'

/** Answer of {@link SecretBackend.checkAccess}. */
export type AccessCheck = { readonly allowed: true } | { readonly allowed: false; readonly message: string }

/** Reads secret values from one external manager, as one identity. Stateless but for its connections. */
export interface SecretBackend {
  /**
   * Reads one value. One attempt: retries belong to the caller, who knows about all the others.
   * @throws SecretSyncError `NotFound` | `AccessDenied` | `Unauthenticated` | `Throttled` | `Unavailable` | `Timeout` | `InvalidResponse` |
   * `Cancelled`; `InvalidSpec` for a malformed name or version, with `facts.httpStatus` where the manager rejected it
   */
  read(ref: SecretRef, options: { signal: AbortSignal }): Promise<SecretValue>
  /**
   * Asks whether `read` would be allowed, without receiving plaintext. Absent where the manager cannot tell.
   * @throws SecretSyncError as {@link SecretBackend.read} where the answer is neither yes nor no
   */
  checkAccess?(ref: SecretRef, options: { signal: AbortSignal }): Promise<AccessCheck>
  /** Closes connections. Reads under way fail with `Cancelled`. */
  close(): Promise<void>
}

/**
 * A backend together with what makes its reads equal to another's. Two stores that give the same connection key
 * share their reads: same endpoint, same proven identity.
 */
export interface BackendConnection {
  /** Holds nothing secret. Equal keys mean: the same read gives the same answer. */
  readonly key: string
  /** Where it reads. Connections of one endpoint take turns with their probes during an outage. @default an endpoint of its own */
  readonly endpoint?: string
  /** Name of the backend for metrics: `kms-endpoint`. */
  readonly kind: string
  /** Calls with the same quota key draw on the same rate limit at the manager: account + region, or one instance. */
  readonly quota: { readonly account: string; readonly region: string }
  readonly backend: SecretBackend
}
