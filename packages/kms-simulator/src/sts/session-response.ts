import type { ApiResult } from '../gateway/api-product.ts'
import { isoDate } from '../kms/params.ts'
import { roleIdOf } from './principal-id.ts'
import type { SessionCredential } from './sessions.ts'

/** The response of both actions that assume a role. Source: Alibaba Cloud STS API reference, AssumeRole. */
export function sessionResponse(credential: SessionCredential): ApiResult {
  const { session } = credential
  return {
    AssumedRoleUser: { AssumedRoleId: `${roleIdOf(session.roleArn)}:${session.name}`, Arn: session.arn },
    Credentials: {
      AccessKeyId: credential.accessKeyId,
      AccessKeySecret: credential.accessKeySecret,
      SecurityToken: credential.securityToken,
      Expiration: isoDate(credential.expiresAtMs),
    },
  }
}
