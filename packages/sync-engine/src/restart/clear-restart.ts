import { isSecretSyncError, SecretSyncError, type SecretWriter, type TargetRef } from '@ack-secret-manager/core'

/** How often a target that keeps changing is retried. */
const MAX_ATTEMPTS = 5

export interface RestartCause {
  readonly target: TargetRef
  readonly ownerName: string
  /** Identifier of the change in the target's record. */
  readonly change: string
}

/**
 * Removes a finished restart from the target's record, unless a newer one is pending.
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
