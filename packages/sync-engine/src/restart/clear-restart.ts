import { isSecretSyncError, SecretSyncError, type SecretWriter, type TargetRef } from '@ack-secret-manager/core'

/** How often a target that changes under our hands is looked at anew. */
const MAX_ATTEMPTS = 5

/** What the workloads of a resource are restarted for. */
export interface RestartCause {
  readonly target: TargetRef
  readonly ownerName: string
  /** As the target's record names it. */
  readonly change: string
}

/**
 * Takes a restart that is done out of the target's record, unless another one has come due since.
 * @throws SecretSyncError as the writer
 */
export async function clearRestart(
  writer: SecretWriter,
  { target, ownerName, change }: RestartCause,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const observed = await writer.observe(target, { signal, fresh: attempt > 0 })
    const record = observed?.records.get(ownerName)
    if (!observed || record?.restartDue !== change) return
    const { restartDue: _done, ...rest } = record
    const preconditions = { ifUid: observed.uid, ifResourceVersion: observed.resourceVersion }
    try {
      await writer.apply({ kind: 'record', target, ownerName, record: rest, ...preconditions }, { signal })
      return
    } catch (error) {
      if (!isSecretSyncError(error) || error.code !== 'Conflict') throw error
    }
  }
  throw new SecretSyncError('Conflict', `Secret ${target.namespace}/${target.name} kept changing`)
}
