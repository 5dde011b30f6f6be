import type { ErrorCode } from '../errors/error-codes.ts'
import type { SecretRef, SecretValue } from './secret-value.ts'

/** Result of {@link SecretBackend.checkAccess}. */
export type AccessCheck =
  | { readonly allowed: true }
  | {
      readonly allowed: false
      readonly message: string
      /** The code that `read` would fail with. @default unknown */
      readonly code?: Extract<ErrorCode, 'AccessDenied' | 'NotFound'>
    }

/** Reads secret values from one external secret manager, with one identity. Stateless except for its connections. */
export interface SecretBackend {
  /**
   * Reads one value. One attempt: the caller retries, because it coordinates all reads.
   * @throws SecretSyncError `NotFound` | `AccessDenied` | `Unauthenticated` | `Throttled` | `Unavailable` | `Timeout` | `InvalidResponse` |
   * `Cancelled`; `InvalidSpec` for a malformed name or version, with `facts.httpStatus` where the manager rejected it
   */
  read(ref: SecretRef, options: { signal: AbortSignal }): Promise<SecretValue>
  /**
   * Checks whether `read` would be allowed, without receiving plaintext. Absent if the manager has no such call.
   * @throws SecretSyncError as {@link SecretBackend.read} if the manager does not respond
   */
  checkAccess?(ref: SecretRef, options: { signal: AbortSignal }): Promise<AccessCheck>
  /** Closes connections. Reads in flight fail with `Cancelled`. */
  close(): Promise<void>
}

/**
 * A backend with the key of its connection. Stores with equal keys share their reads, because endpoint and identity are
 * the same.
 */
export interface BackendConnection {
  /** Contains no secret. With equal keys, the same read has the same result. */
  readonly key: string
  /** Endpoint of its reads. Connections of one endpoint take turns with probes during an outage. @default a separate endpoint */
  readonly endpoint?: string
  /** Name of the backend for metrics: `kms-endpoint`. */
  readonly kind: string
  /** Calls with the same quota key share a rate limit of the manager: account + region, or one instance. */
  readonly quota: { readonly account: string; readonly region: string }
  readonly backend: SecretBackend
}
