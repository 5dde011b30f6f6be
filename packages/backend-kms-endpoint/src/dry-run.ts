import { type AccessCheck, isSecretSyncError } from '@ack-secret-manager/core'

/**
 * Access that the error of a dry run shows; undefined if it shows none. A dry run never succeeds.
 * Alibaba Cloud KMS API reference, GetSecretValue, `DryRun`.
 */
export function accessOf(thrown: unknown): AccessCheck | undefined {
  if (!isSecretSyncError(thrown)) return undefined
  if (thrown.facts.remoteCode === 'DryRunOperationError') return { allowed: true }
  const { code, message } = thrown
  if (code === 'AccessDenied') return { allowed: false, code, message }
  return thrown.facts.remoteCode === 'ValidationError' ? { allowed: false, code: 'NotFound', message } : undefined
}
