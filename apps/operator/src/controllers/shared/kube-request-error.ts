import { type ErrorCode, SecretSyncError, toSecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError } from '@ack-secret-manager/k8s-client'

/** A failed call about one of our own resources, in the API server's words: they hold no values. */
export function refusalOf(error: unknown, what: string): SecretSyncError {
  if (!isKubeApiError(error)) return toSecretSyncError(error, what)
  const { status, message } = error
  const isAway = status === 408 || status === 429 || status >= 500
  const code: ErrorCode = isAway ? 'Unavailable' : status === 401 || status === 403 ? 'WriteDenied' : 'WriteFailed'
  return new SecretSyncError(code, message, { facts: { httpStatus: status } })
}
