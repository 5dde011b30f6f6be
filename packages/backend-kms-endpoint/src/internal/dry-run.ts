import { type AccessCheck, isSecretSyncError } from '@ack-secret-manager/core'

/**
 * What the refusal of a dry run says of the real read; undefined where it says nothing of it. A dry run never succeeds.
 * Alibaba Cloud KMS API reference, GetSecretValue, `DryRun`.
 */
export function accessOf(thrown: unknown): AccessCheck | undefined {
  if (!isSecretSyncError(thrown)) return undefined
  if (thrown.facts.remoteCode === 'DryRunOperationError') return { allowed: true }
  const isRefusal = thrown.code === 'AccessDenied' || thrown.facts.remoteCode === 'ValidationError'
  return isRefusal ? { allowed: false, message: thrown.message } : undefined
}
