import { createHash } from 'node:crypto'
import { type KubeObject, type LeaseRecord, leaseRecord } from '@ack-secret-manager/k8s-client'
import { decodeMember, MEMBER_ANNOTATION, MEMBER_OF_LABEL, type MemberRecord } from '@ack-secret-manager/resources'

/** One state of the Lease of a slot. */
export interface SlotLease {
  readonly slot: string
  readonly resourceVersion: string
  readonly record: LeaseRecord
  /** The record of the holder. Undefined without a holder, or if the holder is a version without shards. */
  readonly member: MemberRecord | undefined
  /** False for a Lease without the member label, whose changes the watch does not deliver. */
  readonly isWatched: boolean
}

export function slotLease(lease: KubeObject): SlotLease {
  const { name = '', resourceVersion = '', annotations = {}, labels = {} } = lease.metadata
  const record = leaseRecord(lease)
  const member = decodeMember(annotations[MEMBER_ANNOTATION])
  return {
    slot: name,
    resourceVersion,
    record,
    member: member?.holder === record.holder ? member : undefined,
    isWatched: labels[MEMBER_OF_LABEL] !== undefined,
  }
}

/**
 * Limit of `--shards`, because a standby reads the Lease of each shard every two seconds. Members ignore Leases beyond it, so a version
 * that only raises this limit would own domains twice during its rolling update.
 */
export const MAX_SHARDS = 16

/** Whether a Lease has the name of a slot, for any permitted number of shards. */
export function isSlot(name: string, leaseName: string): boolean {
  return name === leaseName || furtherSlots(leaseName, MAX_SHARDS).includes(name)
}

/** Names of the Leases after the first one, for this number of slots. */
export function furtherSlots(leaseName: string, shards: number): readonly string[] {
  return Array.from({ length: shards - 1 }, (_, index) => `${leaseName}-${index + 1}`)
}

/** Position of a slot, from 0; undefined for another Lease. */
export function slotIndex(slot: string, leaseName: string): number | undefined {
  if (slot === leaseName) return 0
  const index = furtherSlots(leaseName, MAX_SHARDS).indexOf(slot)
  return index === -1 ? undefined : index + 1
}

const MAX_LABEL_LENGTH = 63

/** Value of {@link MEMBER_OF_LABEL}. */
export function memberOf(leaseName: string): string {
  if (leaseName.length <= MAX_LABEL_LENGTH) return leaseName
  return createHash('sha256').update(leaseName).digest('hex').slice(0, MAX_LABEL_LENGTH)
}
