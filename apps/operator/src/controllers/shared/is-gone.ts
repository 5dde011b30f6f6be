import { isKubeApiError } from '@ack-secret-manager/k8s-client'

/** Whether a patch that names a uid failed because the object is gone, or another one of the same name by now. */
export function isGone(error: unknown): boolean {
  if (!isKubeApiError(error)) return false
  return error.status === 404 || error.causes.some(({ field }) => field === 'metadata.uid')
}
