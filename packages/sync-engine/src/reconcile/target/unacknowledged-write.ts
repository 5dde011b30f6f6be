import { isOutage, type ObservedSecret, type OwnerRecord, type SecretSyncError } from '@ack-secret-manager/core'
import type { DesiredSecret } from '../../model/desired-secret.ts'
import type { SyncedOutcome } from '../../report/sync-outcome.ts'
import { sameRecord } from '../../ownership/owner-record.ts'

/** The part of an outcome that describes a write. */
export type WriteReport = Pick<SyncedOutcome, 'action' | 'adopted' | 'corrected' | 'unrecorded' | 'removed' | 'cleanup'>

/** A write without a response, which the API server may have applied. The sync that finds it applied reports it. */
export interface UnacknowledgedWrite {
  readonly ownerUid: string
  readonly targetName: string
  /** The record of the owner after the write; undefined for a deletion. */
  readonly record: OwnerRecord | undefined
  readonly report: WriteReport
}

/** Whether a write that failed with this error may have been applied. */
export function isUnacknowledged({ code }: SecretSyncError): boolean {
  return isOutage(code) || code === 'Cancelled'
}

/** Whether the target is in the state that the write produces. */
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
