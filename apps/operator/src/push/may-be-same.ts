import { defined, type Quota } from '@ack-secret-manager/core'
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

/** Where a KMS secret is, as far as its store showed it. */
export interface Place {
  readonly region?: string
  readonly account?: string
}

/** Region and account of a quota domain, as far as they are known. Pure. */
export function placeOf(domain: string): Place {
  const { isInstance = true, region, account } = partsOf(domain) ?? {}
  return isInstance ? {} : defined({ region, account })
}

/** Whether two places are known to differ. Pure. */
export function isElsewhere(one: Place, other: Place): boolean {
  return one.region !== undefined && other.region !== undefined && !mayBeSame(domainAt(one), domainAt(other))
}

/** Quota domain of a place in KMS. Pure. */
export function domainAt({ region, account = '' }: Place): string {
  return `kms/${region}/${account}`
}

/** A place in messages. */
export function placeText({ region, account }: Place): string {
  return account === undefined ? `${region}` : `${region} of account ${account}`
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
