import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { roleIdOf, userIdOf } from '../principal-id.ts'
import type { StsState } from '../sts-state.ts'

/** GetCallerIdentity: needs no permission. Each access key of the seed belongs to a separate user with the name of the key. */
export function getCallerIdentity(state: StsState, { caller }: ApiCall): ApiResult {
  if (caller.session === undefined) {
    const userId = userIdOf(caller.id)
    return {
      IdentityType: 'RAMUser',
      AccountId: state.account,
      PrincipalId: userId,
      UserId: userId,
      Arn: `acs:ram::${state.account}:user/${caller.id}`,
    }
  }
  const { account, roleArn, name, arn } = caller.session
  const roleId = roleIdOf(roleArn)
  return {
    IdentityType: 'AssumedRoleUser',
    AccountId: account,
    PrincipalId: `${roleId}:${name}`,
    RoleId: roleId,
    Arn: arn,
  }
}
