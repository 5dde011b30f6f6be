import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isIPv6 } from 'node:net'
import { SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import type { KubeCredentials, KubeCredentialSource } from './kube-credentials.ts'

/** Where the kubelet puts a pod's ServiceAccount. Kubernetes documentation, "Accessing the Kubernetes API from a Pod". */
const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * The pod's ServiceAccount: the token file is read at every load, because the kubelet replaces it.
 * Read here and not by client-node, which holds a token for a minute even when it is refused, and whose
 * generated models would cost the operator's pod tens of megabytes for three files.
 * @throws SecretSyncError `Unauthenticated` when this is not a pod or has no ServiceAccount token
 */
export async function inClusterCredentials(
  env: Readonly<Record<string, string | undefined>>,
  directory: string = SERVICE_ACCOUNT_DIR,
): Promise<KubeCredentialSource> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  if (!host || !port) {
    throw new SecretSyncError(
      'Unauthenticated',
      'in-cluster credentials: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; run in a pod, or give a kubeconfig',
    )
  }
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`
  const read = async (name: string): Promise<Buffer> => {
    const file = path.join(directory, name)
    try {
      return await readFile(file)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
      throw new SecretSyncError(
        'Unauthenticated',
        `in-cluster credentials: ${file}: ${code}; set automountServiceAccountToken, or give a kubeconfig`,
      )
    }
  }
  // Older admission setups mount no namespace file; the flag of the caller decides then.
  const namespace = await read('namespace').then(
    (bytes) => bytes.toString('utf8').trim() || undefined,
    () => undefined,
  )
  return {
    description: 'the ServiceAccount of the pod',
    namespace,
    async load(): Promise<KubeCredentials> {
      const [ca, token] = await Promise.all([read('ca.crt'), read('token')])
      return {
        server,
        tls: { ca },
        headers: new Sensitive({ authorization: `Bearer ${token.toString('utf8').trim()}` }),
      }
    },
  }
}
