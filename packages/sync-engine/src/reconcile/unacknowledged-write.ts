import { isOutage, type ObservedSecret, type OwnerRecord, type SecretSyncError } from '@ack-secret-manager/core'
import type { DesiredSecret } from '../model/desired-secret.ts'
import type { SyncedOutcome } from '../report/sync-outcome.ts'
import { sameRecord } from '../decide/owner-record.ts'

/** What a sync says of its write. */
export type WriteReport = Pick<SyncedOutcome, 'action' | 'adopted' | 'corrected' | 'removed' | 'cleanup'>

/** A write without an answer: the API server may have made it. The sync that finds it made reports it. */
export interface UnacknowledgedWrite {
  readonly ownerUid: string
  readonly targetName: string
  /** What the target records of its owner after the write; undefined for a deletion. */
  readonly record: OwnerRecord | undefined
  readonly report: WriteReport
}

/** Whether nothing is known of a write that failed so. */
export function isUnacknowledged({ code }: SecretSyncError): boolean {
  return isOutage(code) || code === 'Cancelled'
}

/** Whether the target is as the write makes it. */
export function isApplied(
  { ownerUid, targetName, record }: UnacknowledgedWrite,
  { target, owner }: Pick<DesiredSecret, 'target' | 'owner'>,
  secret: ObservedSecret | undefined,
): boolean {
  if (ownerUid !== owner.uid || targetName !== target.name) return false
  if (!record) return secret === undefined
  const found = secret?.records.get(owner.name)
  return (
    found !== undefined &&
    sameRecord(found, record) &&
    [...record.keys].every(([key, { digest }]) => found.keys.get(key)?.digest === digest)
  )
}
