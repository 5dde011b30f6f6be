import { tokenFile, withClaims } from '@ack-secret-manager/auth-rrsa'
import { isSecretSyncError } from '@ack-secret-manager/core'
import type { NamespacedName } from '../../store-references.ts'

/** Where every pod finds the token of its ServiceAccount for the API server. */
const API_SERVER_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** Whether a ServiceAccount is that of the process itself, as its tokens tell: that of this file, and the one for the API server. */
export async function isOwnServiceAccount(
  { namespace, name }: NamespacedName,
  ownTokenFile: string,
  signal: AbortSignal,
): Promise<boolean> {
  const subject = `system:serviceaccount:${namespace}:${name}`
  const says = [ownTokenFile, API_SERVER_TOKEN].map(async (path) => {
    try {
      return (await withClaims(tokenFile(path), { signal })).fingerprint.includes(subject)
    } catch (error) {
      // Outside of a cluster there is none.
      if (isSecretSyncError(error) && error.code === 'Unauthenticated') return false
      throw error
    }
  })
  return (await Promise.all(says)).includes(true)
}
