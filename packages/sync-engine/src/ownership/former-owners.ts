import type { MetadataName, ObservedSecret, Owner, OwnerRecord } from '@ack-secret-manager/core'
import type { TargetPolicy } from '../model/desired-secret.ts'

/** Limit of recorded owners of one target that are looked up. The author of the record chooses their number. */
const MAX_FORMER_OWNERS = 8

/** Whether the resource or the target requests adoption. */
export function isAdoptRequested(
  { adoptRequested }: Pick<ObservedSecret, 'adoptRequested'>,
  { creation, adopt }: Pick<TargetPolicy, 'creation' | 'adopt'>,
): boolean {
  return creation === 'Adopt' || adopt || adoptRequested
}

/**
 * Recorded owners that do not matter for an adoption if they do not exist, as with a Secret that a deleted resource has retained.
 * Empty unless adoption is requested and no ownerReference shows a controller.
 */
export function formerOwnerNames(
  observed: ObservedSecret,
  owner: Pick<Owner, 'name'>,
  policy: Pick<TargetPolicy, 'creation' | 'adopt'>,
): readonly string[] {
  const { controller, records } = observed
  if (controller || records.has(owner.name) || records.size > MAX_FORMER_OWNERS) return []
  if (!isAdoptRequested(observed, policy)) return []
  return [...records].filter(([, record]) => !isCleanedUp(record)).map(([name]) => name)
}

/** The owners of {@link formerOwnerNames} that are known not to exist. */
export function formerOwnersOf(
  observed: ObservedSecret,
  owner: Pick<Owner, 'name'>,
  policy: Pick<TargetPolicy, 'creation' | 'adopt' | 'formerOwners'>,
): readonly string[] {
  const { formerOwners } = policy
  return formerOwners ? formerOwnerNames(observed, owner, policy).filter((name) => formerOwners.has(name)) : []
}

/** The keys of a deleted resource are removed, and its record with them. */
function isCleanedUp({ creation, deletion }: OwnerRecord): boolean {
  return creation === 'merge' && deletion === 'delete'
}

/** The target as if it had no records of these owners: it belongs to other users or controllers what they have written. */
export function withoutOwners(observed: ObservedSecret, names: readonly string[]): ObservedSecret {
  if (names.length === 0) return observed
  const records = new Map(observed.records)
  const keys: string[] = []
  const metadata: MetadataName[] = []
  for (const name of names) {
    const record = records.get(name)
    keys.push(...(record?.keys.keys() ?? []))
    metadata.push(...(record?.metadata?.names ?? []))
    records.delete(name)
  }
  const isRecorded = (key: string): boolean => [...records.values()].some((record) => record.keys.has(key))
  return {
    ...observed,
    records,
    drifted: observed.drifted.filter(isRecorded),
    foreignKeys: new Set([...observed.foreignKeys, ...keys]),
    foreignMetadata: new Set([...(observed.foreignMetadata ?? []), ...metadata]),
  }
}
