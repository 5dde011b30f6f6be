import { randomUUID } from 'node:crypto'
import { ApiError } from '../gateway/api-error.ts'
import type { ApiCall, ApiProduct, ApiResult } from '../gateway/api-product.ts'
import { required } from '../kms/params.ts'
import type { IssuedTokens } from './issued-tokens.ts'

/** An instance of Container Registry Enterprise Edition. */
export interface Registry {
  readonly id: string
  readonly tokenLifetimeMs: number
  readonly failing: boolean
  /** Domain names at which tokens log in. */
  readonly domains: readonly string[]
}

/** The account, for actions of Container Registry. */
export interface RegistryState {
  readonly registries: ReadonlyMap<string, Registry>
  readonly tokens: IssuedTokens
}

/** The user name of every token. */
export const TEMPORARY_USER = 'cr_temp_user'

const MAX_SUBJECT_LENGTH = 64

/** The API of Container Registry Enterprise Edition, version 2018-12-01. */
export function registryApi(state: RegistryState): ApiProduct {
  return {
    name: 'cr',
    version: '2018-12-01',
    actions: new Map([['GetAuthorizationToken', (call) => getAuthorizationToken(state, call)]]),
    throttled: (retryAfterMs) =>
      new ApiError(400, 'Throttling.User', 'Request was denied due to user flow control.', { retryAfterMs }),
    denial: { code: 'NoPrivilege', message: 'Access denied for this user.' },
    subject: (params) => (params.get('InstanceId') ?? '').slice(0, MAX_SUBJECT_LENGTH),
  }
}

/**
 * GetAuthorizationToken. RAM knows no single instances here. A token of a session expires with it. Source: Alibaba Cloud Container Registry
 * API reference, GetAuthorizationToken. The code for an unknown instance is an assumption.
 */
function getAuthorizationToken(state: RegistryState, call: ApiCall): ApiResult {
  const { params, caller, nowMs } = call
  const id = required(params, 'InstanceId')
  call.authorize('cr:GetAuthorizationToken', { arn: '*', name: '*' })
  const registry = state.registries.get(id)
  if (registry === undefined) return { Code: 'INSTANCE_NOT_EXIST', IsSuccess: false }
  if (registry.failing) return { Code: 'SYSTEM_ERROR', IsSuccess: false }
  const token = `token-${randomUUID()}`
  const expiresMs = Math.min(nowMs + registry.tokenLifetimeMs, caller.expiresAtMs ?? Infinity)
  state.tokens.add(token, { instanceId: id, expiresMs })
  return {
    AuthorizationToken: token,
    TempUsername: TEMPORARY_USER,
    ExpireTime: expiresMs,
    Code: 'success',
    IsSuccess: true,
  }
}
