import { type KeyRecord, type OwnerRecord, recordMetadata } from '@ack-secret-manager/core'
import type { DesiredSecret, TargetPolicy } from '../model/desired-secret.ts'

/** What the target is to remember once it holds what is desired, and what is carried. */
export function nextRecord(
  desired: DesiredSecret,
  policy: TargetPolicy,
  carried: ReadonlyMap<string, KeyRecord>,
  restartDue: string | undefined,
): OwnerRecord {
  const keys = new Map(carried)
  for (const [key, { secret, versionId, digest }] of desired.data) keys.set(key, { secret, versionId, digest })
  const metadata = recordMetadata(desired.metadata)
  return {
    keys,
    digestKeyId: desired.digestKeyId,
    creation: policy.creation === 'Merge' ? 'merge' : 'owner',
    deletion: deletionOf(policy),
    ...(metadata && { metadata }),
    ...(policy.immutable ? { immutable: true } : {}),
    ...(restartDue === undefined ? {} : { restartDue }),
  }
}

/** What the record says of a policy. */
export function deletionOf({ deletion }: Pick<TargetPolicy, 'deletion'>): OwnerRecord['deletion'] {
  return deletion === 'Retain' ? 'retain' : 'delete'
}

/** Digest keys are not compared: a new one alone is no reason to write. Nor is a restart that is no longer wanted. */
export function sameRecord(a: OwnerRecord, b: OwnerRecord): boolean {
  if (a.creation !== b.creation || a.deletion !== b.deletion || a.keys.size !== b.keys.size) return false
  if (a.metadata?.digest !== b.metadata?.digest || a.immutable !== b.immutable) return false
  return [...a.keys].every(([key, from]) => {
    const to = b.keys.get(key)
    return to?.secret === from.secret && to.versionId === from.versionId
  })
}
