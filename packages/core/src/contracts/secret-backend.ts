import type { ErrorCode } from '../errors/error-codes.ts'
import type { SecretSyncError } from '../errors/secret-sync-error.ts'
import type { ListOptions, SecretPage } from './secret-list.ts'
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

/** Result of one entry of {@link SecretBackend.readMany}: what `read` would return or throw. */
export type ReadResult =
  | { readonly value: SecretValue; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: SecretSyncError }

/** Limits of {@link SecretBackend.readMany}. */
export interface BatchLimits {
  /** Maximum number of refs in one call. */
  readonly maxRefs: number
  /** Refs with equal keys must not share a call. Undefined: this ref can only be read alone. */
  keyOf(ref: SecretRef): string | undefined
}

/** Reads secret values from one external secret manager, with one identity. Stateless except for its connections. */
export interface SecretBackend {
  /**
   * Reads one value. One attempt: the caller retries, because it coordinates all reads.
   * @throws SecretSyncError `NotFound` | `AccessDenied` | `Unauthenticated` | `Throttled` | `Unavailable` | `Timeout` | `InvalidResponse` |
   * `Cancelled`; `InvalidSpec` for a malformed name or version, with `facts.httpStatus` where the manager rejected it
   */
  read(ref: SecretRef, options: { signal: AbortSignal }): Promise<SecretValue>
  /** Limits of `readMany`. Present if and only if `readMany` is. */
  readonly batch?: BatchLimits
  /**
   * Reads several values with one request, within the limits of `batch`. Absent if the manager has no such call. One attempt.
   * @returns one result per ref, in the order of `refs`. Each equals that of `read`: same value, version, stages and rotation, same
   * code and message of an error. If the request is throttled or its credential is rejected, every ref has that result. Undefined
   * if the response has nothing usable about a ref: read it alone.
   * @throws SecretSyncError if the request failed as a whole, which says nothing about any ref: read them alone or in smaller batches.
   * `facts.batch` means that batches do not work at this endpoint or for this identity, although single reads do. `Cancelled` as for `read`.
   */
  readMany?(
    refs: readonly SecretRef[],
    options: { signal: AbortSignal },
  ): Promise<ReadonlyArray<ReadResult | undefined>>
  /**
   * Checks whether `read` would be allowed, without receiving plaintext. Absent if the manager has no such call.
   * @throws SecretSyncError as {@link SecretBackend.read} if the manager does not respond
   */
  checkAccess?(ref: SecretRef, options: { signal: AbortSignal }): Promise<AccessCheck>
  /**
   * One page of the names of all secrets that the identity may list, without values. Absent if the manager cannot list them. One attempt.
   * Pages may shift while they are read: a secret may be in two pages or in none, but each page is correct when it is returned.
   * @throws SecretSyncError as {@link SecretBackend.read}
   */
  list?(options: ListOptions): Promise<SecretPage>
  /** Closes connections. Pending and later calls fail with `Cancelled`. May be called more than once. */
  close(): Promise<void>
}

/** What a service counts calls for. Calls with equal quotas share a rate limit of the manager. */
export interface Quota {
  readonly account: string
  /** Region, or the name of one instance. */
  readonly region: string
  /** The host, if it is not one of the service's own. Its responses could otherwise slow down the whole account. */
  readonly endpoint?: string
}

/**
 * A backend with the key of its connection. Stores with equal keys share their reads, because endpoint and identity are
 * the same.
 */
export interface BackendConnection {
  /**
   * Contains no secret. With equal keys, the same read has the same result. The operator and `acksm` replace it by their own key of the
   * endpoint, identity and trusted CA, or of the package and its config.
   */
  readonly key: string
  /** Endpoint of its reads. Connections of one endpoint take turns with probes during an outage. @default a separate endpoint */
  readonly endpoint?: string
  /** Name of the backend for metrics: `kms-endpoint`. */
  readonly kind: string
  readonly quota: Quota
  readonly backend: SecretBackend
}
