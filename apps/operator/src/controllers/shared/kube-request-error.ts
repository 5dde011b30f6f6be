import { type ErrorCode, SecretSyncError, toSecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError } from '@ack-secret-manager/k8s-client'

/** Converts the error of a request to the API server. Keeps its message, which contains no values. */
export function kubeRequestError(error: unknown, what: string): SecretSyncError {
  if (!isKubeApiError(error)) return toSecretSyncError(error, what)
  const { status, message } = error
  const isDown = status === 408 || status === 429 || status >= 500
  const code: ErrorCode = isDown ? 'Unavailable' : status === 401 || status === 403 ? 'WriteDenied' : 'WriteFailed'
  return new SecretSyncError(code, message, { facts: { httpStatus: status } })
}
