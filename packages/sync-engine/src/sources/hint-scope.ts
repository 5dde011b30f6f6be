import { accountLabel, type BackendConnection, unknownAccount } from '@ack-secret-manager/core'

/** Account and region of the secret that a hint names. The account may be one that is not known yet, as of a connection. */
export type HintScope = BackendConnection['quota']

const ACCOUNT = /^\d+$/
const UNKNOWN = accountLabel(unknownAccount(''))

/**
 * Whether a source of this quota may read the secret of a hint. Only accounts that are both known can differ; the region of an instance
 * or of a plug-in is not that of Alibaba Cloud, and an AccessKey does not name its account.
 */
export function mayConcern(quota: BackendConnection['quota'], scope: HintScope): boolean {
  const isKnown = ACCOUNT.test(quota.account)
  const isAnyAccount = accountLabel(scope.account) === UNKNOWN
  if (isKnown && !isAnyAccount && quota.account !== scope.account) return false
  if (!isKnown && accountLabel(quota.account) !== UNKNOWN) return true
  return quota.region.replace(/^oos /, '') === scope.region
}
