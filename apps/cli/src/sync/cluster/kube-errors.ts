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
    // Such as a label selector that is not one.
    if (error.status === 400) throw new SecretSyncError('InvalidSpec', `${what}: ${error.message}`)
    if (error.status === 401 || error.status === 403) {
      throw new SecretSyncError('AccessDenied', `${what}: ${error.message}`)
    }
    throw new SecretSyncError('Unavailable', `${what}: ${error.message}`)
  }
}
