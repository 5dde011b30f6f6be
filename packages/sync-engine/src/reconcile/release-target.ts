import type { ObservedSecret, ReleaseAction, SecretWriter } from '@ack-secret-manager/core'

/**
 * What to do with a target that `ownerName` holds and no longer wants: its resource is gone, or wants another one. Pure.
 * Where an ownerReference leads to the resource that is gone, the garbage collector does it.
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
  if (record.creation === 'merge') {
    return record.deletion === 'delete'
      ? [{ ...action, how: 'remove-keys', removeKeys: [...record.keys.keys()] }]
      : resource === 'moved'
        ? [{ ...action, how: 'forget', removeKeys: [] }]
        : []
  }
  if (record.deletion === 'retain') return resource === 'moved' ? [{ ...action, how: 'forget', removeKeys: [] }] : []
  return resource === 'moved' ? [{ ...action, how: 'delete', removeKeys: [] }] : []
}

/** Gives up all that `ownerName` holds in these targets. @throws SecretSyncError as the writer */
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
