import type { ObservedSecret, Owner, TargetValues } from '@ack-secret-manager/core'
import type { TargetPolicy } from '../model/desired-secret.ts'
import { formerOwnersOf, isAdoptRequested, withoutOwners } from '../ownership/former-owners.ts'
import { ownershipOf } from '../ownership/ownership.ts'
import { isSystemSecret } from './refusals.ts'

/**
 * The values that generated keys may keep from a target. Excludes values of a Secret that must not be written, because a template or its
 * error could reveal them to the tenant.
 */
export function usableValues(
  target: TargetValues,
  owner: Owner,
  policy: Pick<TargetPolicy, 'creation' | 'adopt' | 'formerOwners'>,
): TargetValues {
  const observed = withoutOwners(target.observed, formerOwnersOf(target.observed, owner, policy))
  const values = new Map([...target.values].filter(([key]) => isUsable(observed, key, owner, policy)))
  return { ...target, values }
}

function isUsable(
  observed: ObservedSecret,
  key: string,
  owner: Owner,
  policy: Pick<TargetPolicy, 'creation' | 'adopt'>,
): boolean {
  if (isSystemSecret(observed)) return false
  const record = observed.records.get(owner.name)
  if (record?.keys.has(key) !== true && [...observed.records.values()].some(({ keys }) => keys.has(key))) return false
  const { kind } = ownershipOf(observed, owner)
  if (kind === 'ours') return record?.creation !== 'merge' || record.keys.has(key)
  if (kind === 'unowned') return isAdoptRequested(observed, policy)
  return policy.creation === 'Merge' && observed.adoptRequested
}
