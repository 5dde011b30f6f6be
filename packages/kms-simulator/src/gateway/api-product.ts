import type { AccessKey } from './access-keys.ts'
import type { ApiError } from './api-error.ts'
import type { PolicyResource } from './policy.ts'

/** Fields of an answer, without the request id. */
export type ApiResult = Readonly<Record<string, unknown>>

/** One authenticated call, as an action sees it. */
export interface ApiCall {
  readonly params: ReadonlyMap<string, string>
  readonly caller: AccessKey
  readonly nowMs: number
  /**
   * Returns when the caller may do this.
   * @throws ApiError 403 `Forbidden.NoPermission`, or the product's own code for it
   */
  authorize(action: string, resource: PolicyResource): void
}

/** One unsigned call. */
export interface AnonymousCall {
  readonly params: ReadonlyMap<string, string>
  readonly nowMs: number
  /** Names the caller for the call log, as soon as something is known of it. */
  identify(identity: string): void
}

/** One operation of a product. Throws ApiError for whatever the service would answer with an error. */
export type ApiAction = (call: ApiCall) => ApiResult | Promise<ApiResult>

/** An operation that takes unsigned requests. */
export type AnonymousAction = (call: AnonymousCall) => ApiResult | Promise<ApiResult>

/** One product behind a gateway of its own: its version, its actions, and what a call of them is about. */
export interface ApiProduct {
  /** As in the troubleshooting link of an error, such as `Kms`. */
  readonly name: string
  /** The API version that clients must send. */
  readonly version: string
  readonly actions: ReadonlyMap<string, ApiAction>
  /** @default none */
  readonly anonymousActions?: ReadonlyMap<string, AnonymousAction>
  /** The answer above a quota, as the fault `throttle` plays it. @default 429 `Rejected.Throttling` */
  readonly throttled?: (retryAfterMs?: number) => ApiError
  /** Code and message of a refusal by policy. @default `Forbidden.NoPermission` */
  readonly denial?: { readonly code: string; readonly message: string }
  /** Name of the object that a call is about, for faults and the call log; empty when there is none. Never throws. */
  subject(params: ReadonlyMap<string, string>): string
}
