import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { SecretSyncError } from '@ack-secret-manager/core'
import { inClusterCredentials } from './in-cluster.ts'
import type { KubeCredentialSource } from './kube-credentials.ts'
import { kubeconfigCredentials } from './kubeconfig.ts'

/** Whose credentials to take. */
export interface CredentialChoice {
  /** @default `KUBECONFIG` (a list of files is merged), then `~/.kube/config`, then the pod's ServiceAccount */
  readonly kubeconfigPath?: string
  /** @default the kubeconfig's current context */
  readonly context?: string
  /** The pod's ServiceAccount and nothing else. @default false */
  readonly inCluster?: boolean
}

/**
 * The source that was chosen, in the order of kubectl. A source that is there and does not work is an error.
 * @throws SecretSyncError `InvalidSpec` | `Unauthenticated`
 */
export async function credentialSource(choice: CredentialChoice): Promise<KubeCredentialSource> {
  const { kubeconfigPath, context, inCluster = false } = choice
  if (inCluster && (kubeconfigPath !== undefined || context !== undefined)) {
    throw new SecretSyncError(
      'InvalidSpec',
      'in-cluster credentials exclude a kubeconfig and a context; give one of both',
    )
  }
  if (inCluster) return await inClusterCredentials(process.env)
  const isThere = Boolean(process.env.KUBECONFIG) || existsSync(path.join(homedir(), '.kube', 'config'))
  if (kubeconfigPath !== undefined || isThere) return await kubeconfigCredentials(kubeconfigPath, context)
  if (process.env.KUBERNETES_SERVICE_HOST) return await inClusterCredentials(process.env)
  throw new SecretSyncError(
    'Unauthenticated',
    'no Kubernetes credentials: there is no kubeconfig (KUBECONFIG, ~/.kube/config) and this is not a pod; give --kubeconfig',
  )
}
