import type { Quota } from '@ack-secret-manager/core'
import { CLUSTER_DOMAIN } from '../shards/ownership.ts'

/**
 * Whether a wanted name may be that of a former secret in another store, so that the secret must not be deleted. Pure.
 * @param former quota domain; that of a store that does not exist is unknown, so its secrets may be anywhere
 */
export function mayBeWanted(wanted: string, former: string): boolean {
  // Nothing is pushed or deleted until the store of the wanted secret is known.
  return former === CLUSTER_DOMAIN ? wanted !== CLUSTER_DOMAIN : mayBeSame(wanted, former)
}

/** {@link mayBeSame} for two quotas of KMS. Pure. */
export function mayBeSameQuota(one: Quota, other: Quota): boolean {
  return mayBeSame(`kms/${one.region}/${one.account}`, `kms/${other.region}/${other.account}`)
}

/** Whether a name may refer to one KMS secret in two quota domains: false only if service, region or account are known to differ. Pure. */
export function mayBeSame(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)]
  if (a === undefined || b === undefined) return false
  // The domain of an instance does not contain its region and account.
  if (a.isInstance || b.isInstance) return true
  if (a.region !== b.region) return false
  return a.account === undefined || b.account === undefined || a.account === b.account
}

/** Undefined for services other than KMS. */
function partsOf(
  domain: string,
): { readonly isInstance: boolean; readonly region?: string; readonly account?: string | undefined } | undefined {
  const [service, region = '', account = ''] = domain.split('/')
  if (service === 'kms-instance') return { isInstance: true }
  if (service !== 'kms') return undefined
  return { isInstance: false, region, account: /^\d+$/.test(account) ? account : undefined }
}
