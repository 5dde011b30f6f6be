import type { SecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeApiError } from '@ack-secret-manager/k8s-client'

/** Temporary statuses that do not depend on the request. */
const UNAVAILABLE = new Set([429, 500, 502, 503, 504])

/** Whether the API server did not respond, or responded that it is temporarily unavailable. */
export function isApiServerUnavailable(error: KubeApiError | SecretSyncError): boolean {
  return isKubeApiError(error)
    ? UNAVAILABLE.has(error.status)
    : error.code === 'Unavailable' || error.code === 'Timeout'
}
