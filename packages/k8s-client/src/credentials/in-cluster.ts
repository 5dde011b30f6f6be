import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isIPv6 } from 'node:net'
import { SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import type { KubeCredentials, KubeCredentialSource } from './kube-credentials.ts'

/** Mount path of the ServiceAccount. Kubernetes documentation, "Accessing the Kubernetes API from a Pod". */
const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * Credentials of the pod's ServiceAccount. The token file is read at every load, because the kubelet replaces it.
 *
 * This does not use client-node, which caches a rejected token for a minute and whose generated models take tens of megabytes.
 * @throws SecretSyncError `Unauthenticated` outside a pod or without a ServiceAccount token
 */
export async function inClusterCredentials(
  env: Readonly<Record<string, string | undefined>>,
  directory: string = SERVICE_ACCOUNT_DIR,
): Promise<KubeCredentialSource> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  if (!host || !port) {
    throw new SecretSyncError(
      'Unauthenticated',
      'in-cluster credentials: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; run in a pod or set a kubeconfig',
    )
  }
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`
  const read = async (name: string): Promise<Buffer> => {
    const file = path.join(directory, name)
    let code = 'is empty'
    try {
      const bytes = await readFile(file)
      // Without a token the API server would treat this client as anonymous: 403 instead of 401.
      if (bytes.toString('latin1').trim() !== '') return bytes
    } catch (error) {
      code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    }
    throw new SecretSyncError(
      'Unauthenticated',
      `in-cluster credentials: ${file}: ${code}; set automountServiceAccountToken or a kubeconfig`,
    )
  }
  // Older admission plugins mount no namespace file. The caller then needs a flag.
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
