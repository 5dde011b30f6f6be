import { accountLabel, type Quota, unknownAccount } from '@ack-secret-manager/core'

/** Account and region of the secret that a hint names. The account may still be unknown, as that of a connection. */
export type HintScope = Omit<Quota, 'endpoint'>

const ACCOUNT = /^\d+$/
const UNKNOWN = accountLabel(unknownAccount(''))

/**
 * Whether a source of this quota may read the secret of a hint. Accounts are compared only if both are known, because an AccessKey does not
 * name its account. The region of an instance or plug-in is not compared, because it is no region of Alibaba Cloud.
 */
export function mayConcern(quota: Quota, scope: HintScope): boolean {
  const isKnown = ACCOUNT.test(quota.account)
  const isAnyAccount = accountLabel(scope.account) === UNKNOWN
  if (isKnown && !isAnyAccount && quota.account !== scope.account) return false
  if (!isKnown && accountLabel(quota.account) !== UNKNOWN) return true
  return quota.region.replace(/^oos /, '') === scope.region
}
