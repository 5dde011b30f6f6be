import { SecretSyncError } from '@ack-secret-manager/core'

/** An error of this field of the spec. */
export function invalid(field: string, message: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `${field}: ${message}`, { facts: { field } })
}
