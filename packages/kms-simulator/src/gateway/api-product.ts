import type { AccessKey } from './access-keys.ts'
import type { ApiError } from './api-error.ts'
import type { PolicyResource } from './policy.ts'

/** Fields of a response, without the request id. */
export type ApiResult = Readonly<Record<string, unknown>>

/** One authenticated call. */
export interface ApiCall {
  readonly params: ReadonlyMap<string, string>
  readonly caller: AccessKey
  readonly nowMs: number
  /**
   * Returns if the caller has the permission.
   * @throws ApiError 403 `Forbidden.NoPermission`, or the product's own code for it
   */
  authorize(action: string, resource: PolicyResource): void
  /**
   * For a call with several objects: applies a `deny` or `throttle` fault of one of them.
   * @throws ApiError the error of that fault
   */
  checkFault?(subject: string): void
}

/** One unsigned call. */
export interface AnonymousCall {
  readonly params: ReadonlyMap<string, string>
  readonly nowMs: number
  /** Sets the caller for the call log, as soon as it is known. */
  identify(identity: string): void
}

/** One operation of a product. Throws ApiError for an error response of the service. */
export type ApiAction = (call: ApiCall) => ApiResult | Promise<ApiResult>

/** An operation that takes unsigned requests. */
export type AnonymousAction = (call: AnonymousCall) => ApiResult | Promise<ApiResult>

/** One product with a separate gateway: its version, its actions, and the object of each call. */
export interface ApiProduct {
  /** As in the troubleshooting link of an error, such as `Kms`. */
  readonly name: string
  /** The API version that clients must send. */
  readonly version: string
  readonly actions: ReadonlyMap<string, ApiAction>
  /** @default none */
  readonly anonymousActions?: ReadonlyMap<string, AnonymousAction>
  /** The response above a quota, also for the fault `throttle`. @default 429 `Rejected.Throttling` */
  readonly throttled?: (retryAfterMs?: number) => ApiError
  /** Code and message of a denial by policy. @default `Forbidden.NoPermission` */
  readonly denial?: { readonly code: string; readonly message: string }
  /** Name of the object of a call, for faults and the call log; empty if there is none. Never throws. */
  subject(params: ReadonlyMap<string, string>): string
  /** Names of the objects of a call with several; faults of each apply to the call. @default none */
  readonly subjects?: (params: ReadonlyMap<string, string>) => readonly string[]
}
