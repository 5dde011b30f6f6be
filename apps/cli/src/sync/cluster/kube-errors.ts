import { SecretSyncError } from '@ack-secret-manager/core'
import { isKubeApiError } from '@ack-secret-manager/k8s-client'

/**
 * Converts errors of the API server.
 * @param what the requested object, for messages
 * @throws SecretSyncError `NotFound` | `AccessDenied` | `Unavailable` …
 */
export async function withKubeErrors<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isKubeApiError(error)) throw error
    if (error.status === 404) throw new SecretSyncError('NotFound', `${what}: not found`)
    if (error.status === 401 || error.status === 403) {
      throw new SecretSyncError('AccessDenied', `${what}: ${error.message}`)
    }
    throw new SecretSyncError('Unavailable', `${what}: ${error.message}`)
  }
}
