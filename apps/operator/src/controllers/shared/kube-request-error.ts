import { defined, type ErrorCode, SecretSyncError, toSecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError } from '@ack-secret-manager/k8s-client'

/**
 * Converts the error of a request to the API server. Keeps its message, which contains no values. Rejected credentials of the
 * operator are an outage, because the kubelet replaces them.
 */
export function kubeRequestError(error: unknown, what: string): SecretSyncError {
  if (!isKubeApiError(error)) return withoutResponse(toSecretSyncError(error, what))
  const { status, message, retryAfterMs } = error
  const isOutage = [401, 408, 429].includes(status) || status >= 500
  const code: ErrorCode = isOutage ? 'Unavailable' : status === 403 ? 'WriteDenied' : 'WriteFailed'
  return new SecretSyncError(code, message, { facts: { httpStatus: status, ...defined({ retryAfterMs }) } })
}

/** `Unauthenticated` is reserved for the credentials of stores. */
function withoutResponse(failure: SecretSyncError): SecretSyncError {
  return failure.code === 'Unauthenticated' ? new SecretSyncError('Unavailable', failure.message) : failure
}
