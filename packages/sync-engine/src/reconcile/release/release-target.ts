import type { ObservedSecret, ReleaseAction, SecretWriter } from '@ack-secret-manager/core'

/** Why a resource no longer wants a target: it was deleted, it does not exist, or it names another target. */
export type ReleaseReason = 'deleted' | 'absent' | 'moved'

/**
 * The action for a target that `ownerName` owns and no longer wants. A target with an ownerReference to a deleted resource is
 * left to the garbage collector.
 */
export function releasesFor(
  observed: ObservedSecret,
  ownerName: string,
  reason: ReleaseReason,
): readonly ReleaseAction[] {
  const record = observed.records.get(ownerName)
  if (!record) return []
  const action = {
    kind: 'release',
    target: observed.target,
    ownerName,
    ifUid: observed.uid,
    ifResourceVersion: observed.resourceVersion,
  } as const
  if (record.creation === 'merge' && record.deletion === 'delete') {
    // Backup tools restore Secrets first. Until the resource is restored, a generated value exists only here.
    if (reason === 'absent' && observed.restored) return []
    return [{ ...action, how: 'remove-keys', removeKeys: [...record.keys.keys()] }]
  }
  if (reason !== 'moved') return []
  return [{ ...action, how: record.deletion === 'retain' ? 'forget' : 'delete', removeKeys: [] }]
}

/** Releases everything that `ownerName` owns in these targets. @throws SecretSyncError as the writer */
export async function release(
  writer: SecretWriter,
  targets: readonly ObservedSecret[],
  ownerName: string,
  reason: ReleaseReason,
  signal: AbortSignal,
): Promise<void> {
  for (const observed of targets) {
    for (const action of releasesFor(observed, ownerName, reason)) await writer.apply(action, { signal })
  }
}
