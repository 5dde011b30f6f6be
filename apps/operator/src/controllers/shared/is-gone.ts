import { isKubeApiError } from '@ack-secret-manager/k8s-client'

/** Whether a patch with a uid failed because the object was deleted, or recreated under the same name. */
export function isGone(error: unknown): boolean {
  if (!isKubeApiError(error)) return false
  return error.status === 404 || error.causes.some(({ field }) => field === 'metadata.uid')
}
