import { ApiError } from '../gateway/api-error.ts'
import type { SlidingQuota } from '../gateway/sliding-quota.ts'
import type { OidcProviders } from './oidc/oidc-providers.ts'
import type { Roles } from './roles.ts'
import type { Sessions } from './sessions.ts'

/** State of the STS actions. */
export interface StsState {
  readonly account: string
  readonly roles: Roles
  readonly sessions: Sessions
  readonly oidcProviders: OidcProviders
  /** Quota of AssumeRole and AssumeRoleWithOIDC together. */
  readonly quota: SlidingQuota
}

/** The response of STS above its quota. */
export function stsThrottled(retryAfterMs?: number): ApiError {
  return new ApiError(400, 'Throttling.User', 'Request was denied due to user flow control.', { retryAfterMs })
}

/** @throws ApiError `Throttling.User` when the quota of this second is used up */
export function takeStsQuota(state: StsState, nowMs: number): void {
  if (!state.quota.take(nowMs)) throw stsThrottled()
}

/** 404 for a role that does not exist. */
export function roleNotFound(): ApiError {
  return new ApiError(404, 'EntityNotExist.Role', 'The specified Role not exists.')
}
