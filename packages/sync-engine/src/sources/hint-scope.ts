import { accountLabel, unknownAccount } from '@ack-secret-manager/core'
import type { Source } from './source/source.ts'

/** Account and region of the secret that a hint names. */
export interface HintScope {
  readonly account: string
  readonly region: string
}

const ACCOUNT = /^\d+$/
const UNKNOWN = accountLabel(unknownAccount(''))

/**
 * Whether a source may read the secret of a hint. Only an account that is known can differ; the region of an instance or of a plug-in
 * is not that of Alibaba Cloud, and an AccessKey does not name its account.
 */
export function mayConcern({ connection: { quota } }: Pick<Source, 'connection'>, scope: HintScope): boolean {
  const isKnown = ACCOUNT.test(quota.account)
  if (isKnown && quota.account !== scope.account) return false
  if (!isKnown && accountLabel(quota.account) !== UNKNOWN) return true
  return quota.region.replace(/^oos /, '') === scope.region
}
