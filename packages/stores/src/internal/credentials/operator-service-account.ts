import { tokenFile, withClaims } from '@ack-secret-manager/auth-rrsa'
import { isSecretSyncError } from '@ack-secret-manager/core'
import type { NamespacedName } from '../../store-references.ts'

/** Mount path of the pod's token for the API server. */
const API_SERVER_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** Whether a ServiceAccount is the operator's: the subject of its OIDC token or of its token for the API server. */
export async function isOperatorServiceAccount(
  { namespace, name }: NamespacedName,
  operatorTokenFile: string,
  signal: AbortSignal,
): Promise<boolean> {
  const subject = `system:serviceaccount:${namespace}:${name}`
  const matches = [operatorTokenFile, API_SERVER_TOKEN].map(async (path) => {
    try {
      return (await withClaims(tokenFile(path), { signal })).fingerprint.includes(subject)
    } catch (error) {
      // Outside a cluster there is no token file.
      if (isSecretSyncError(error) && error.code === 'Unauthenticated') return false
      throw error
    }
  })
  return (await Promise.all(matches)).includes(true)
}
