import type { ObservedSecret, ReleaseAction, SecretWriter } from '@ack-secret-manager/core'

/**
 * The action for a target that `ownerName` owns and no longer wants, because its resource was deleted or names another target.
 * A target with an ownerReference to a deleted resource is left to the garbage collector.
 */
export function releasesFor(
  observed: ObservedSecret,
  ownerName: string,
  resource: 'deleted' | 'moved',
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
    return [{ ...action, how: 'remove-keys', removeKeys: [...record.keys.keys()] }]
  }
  if (resource === 'deleted') return []
  return [{ ...action, how: record.deletion === 'retain' ? 'forget' : 'delete', removeKeys: [] }]
}

/** Releases everything that `ownerName` owns in these targets. @throws SecretSyncError as the writer */
export async function release(
  writer: SecretWriter,
  targets: readonly ObservedSecret[],
  ownerName: string,
  resource: 'deleted' | 'moved',
  signal: AbortSignal,
): Promise<void> {
  for (const observed of targets) {
    for (const action of releasesFor(observed, ownerName, resource)) await writer.apply(action, { signal })
  }
}
