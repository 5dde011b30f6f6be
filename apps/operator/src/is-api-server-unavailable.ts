import type { SecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError, type KubeApiError } from '@ack-secret-manager/k8s-client'

/** Statuses of an API server that cannot answer at the moment, regardless of the request. */
const AWAY = new Set([429, 500, 502, 503, 504])

/** Whether the API server did not answer, or only that it cannot at the moment. */
export function isApiServerUnavailable(error: KubeApiError | SecretSyncError): boolean {
  return isKubeApiError(error) ? AWAY.has(error.status) : error.code === 'Unavailable' || error.code === 'Timeout'
}
