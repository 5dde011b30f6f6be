import type { AccessKey } from '../../gateway/access-keys.ts'
import { ApiError } from '../../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { globMatches } from '../../gateway/glob.ts'
import { optional } from '../../kms/params.ts'
import type { Trust } from '../role.ts'
import { sessionResponse } from '../session-response.ts'
import { durationOf, roleArnOf, sessionNameOf, wronglyFormed } from '../session-params.ts'
import { sessionPolicyOf } from '../session-policy.ts'
import { roleNotFound, type StsState, takeStsQuota } from '../sts-state.ts'

const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/
const SOURCE_IDENTITY = /^[\w+=,.@:/-]{2,64}$/

/** The error text of STS if the policy of the caller or the trust policy of the role does not allow it. */
export const STS_DENIAL = {
  code: 'NoPermission',
  message: 'You are not authorized to do this action. You should be authorized by RAM.',
}

function isTrusted(trust: Trust, caller: AccessKey, externalId: string | undefined): boolean {
  if (trust.externalId !== undefined && trust.externalId !== externalId) return false
  const { session } = caller
  if (session === undefined) return trust.accessKeys?.some((pattern) => globMatches(pattern, caller.id)) ?? false
  const arn = session.roleArn.toLowerCase()
  return trust.roles?.some((pattern) => globMatches(pattern.toLowerCase(), arn)) ?? false
}

/**
 * AssumeRole. As in RAM, two policies must allow it: the caller's policy (`sts:AssumeRole` on the role) and the role's trust policy.
 * Source: Alibaba Cloud STS API reference, AssumeRole.
 */
export function assumeRole(state: StsState, call: ApiCall): ApiResult {
  const { params, caller, nowMs } = call
  takeStsQuota(state, nowMs)
  const arn = roleArnOf(params)
  const sessionName = sessionNameOf(params)
  const narrowedBy = sessionPolicyOf(params)
  const externalId = optional(params, 'ExternalId')
  if (externalId !== undefined && !EXTERNAL_ID.test(externalId)) throw wronglyFormed('ExternalId')
  const sourceIdentity = optional(params, 'SourceIdentity')
  if (sourceIdentity !== undefined && !SOURCE_IDENTITY.test(sourceIdentity)) throw wronglyFormed('SourceIdentity')

  call.authorize('sts:AssumeRole', { arn, name: arn.slice(arn.indexOf('/') + 1) })
  const role = state.roles.findByArn(arn)
  if (role === undefined) throw roleNotFound()
  if (!isTrusted(role.trust, caller, externalId)) throw new ApiError(403, STS_DENIAL.code, STS_DENIAL.message)
  const durationSeconds = durationOf(params, role)
  const response = sessionResponse(state.sessions.open({ role, sessionName, durationSeconds, nowMs, narrowedBy }))
  return sourceIdentity === undefined ? response : { ...response, SourceIdentity: sourceIdentity }
}
