import { defined, type KeyRecord, type OwnerRecord, recordMetadata } from '@ack-secret-manager/core'
import type { DesiredSecret, TargetPolicy } from '../model/desired-secret.ts'

/** The record of the target after the write. */
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
    ...defined({ restartDue }),
    ...(desired.found && desired.found.size > 0 && { found: desired.found }),
  }
}

/** The deletion policy as the record stores it. */
export function deletionOf({ deletion }: Pick<TargetPolicy, 'deletion'>): OwnerRecord['deletion'] {
  return deletion === 'Retain' ? 'retain' : 'delete'
}

/** Ignores the digest key and pending restarts, because neither alone justifies a write. */
export function sameRecord(a: OwnerRecord, b: OwnerRecord): boolean {
  if (a.creation !== b.creation || a.deletion !== b.deletion || a.keys.size !== b.keys.size) return false
  if (a.metadata?.digest !== b.metadata?.digest || a.immutable !== b.immutable) return false
  if (!sameFound(a.found, b.found)) return false
  return [...a.keys].every(([key, from]) => {
    const to = b.keys.get(key)
    return to?.secret === from.secret && to.versionId === from.versionId
  })
}

const NONE: NonNullable<OwnerRecord['found']> = new Map()

/** Whether two records name the same found secrets. */
export function sameFound(a: OwnerRecord['found'] = NONE, b: OwnerRecord['found'] = NONE): boolean {
  if (a.size !== b.size) return false
  return [...a].every(([id, names]) => {
    const others = new Set(b.get(id))
    return b.has(id) && names.length === others.size && names.every((name) => others.has(name))
  })
}
