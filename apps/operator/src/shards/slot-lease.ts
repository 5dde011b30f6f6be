import { createHash } from 'node:crypto'
import { type KubeObject, type LeaseRecord, leaseRecord } from '@ack-secret-manager/k8s-client'
import { decodeMember, MEMBER_ANNOTATION, MEMBER_OF_LABEL, type MemberRecord } from '@ack-secret-manager/resources'

/** One state of the Lease of a slot. */
export interface SlotLease {
  readonly slot: string
  readonly resourceVersion: string
  readonly record: LeaseRecord
  /** What the holder says. Undefined if there is no holder, or it is a process without shards. */
  readonly member: MemberRecord | undefined
  /** The watch of members delivers its changes. False for a Lease without their label. */
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

/** Names of the Leases after the first one, for this number of slots. */
export function furtherSlots(leaseName: string, shards: number): readonly string[] {
  return Array.from({ length: shards - 1 }, (_, index) => `${leaseName}-${index + 1}`)
}

const MAX_LABEL_LENGTH = 63

/** Value of {@link MEMBER_OF_LABEL}. */
export function memberOf(leaseName: string): string {
  if (leaseName.length <= MAX_LABEL_LENGTH) return leaseName
  return createHash('sha256').update(leaseName).digest('hex').slice(0, MAX_LABEL_LENGTH)
}
