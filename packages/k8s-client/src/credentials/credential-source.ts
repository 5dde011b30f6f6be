import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { SecretSyncError } from '@ack-secret-manager/core'
import { inClusterCredentials } from './in-cluster.ts'
import type { KubeCredentialSource } from './kube-credentials.ts'
import { kubeconfigCredentials } from './kubeconfig.ts'

/** Selects the credentials. */
export interface CredentialChoice {
  /** @default `KUBECONFIG` (several files are merged), then `~/.kube/config`, then the pod's ServiceAccount */
  readonly kubeconfigPath?: string
  /** @default the current context of the kubeconfig */
  readonly context?: string
  /** Use only the pod's ServiceAccount. @default false */
  readonly inCluster?: boolean
  /** Text that login commands print on stderr, such as a code to enter in a browser. @default it is dropped */
  readonly onLoginOutput?: (text: string) => void
  /** The context of the kubeconfig now names another cluster, which is not used. @default nothing is called */
  readonly onOtherCluster?: (message: string) => void
}

/**
 * Selects the source, in the order of kubectl. A source that exists but does not work is an error.
 * @throws SecretSyncError `InvalidSpec` | `Unauthenticated`
 */
export async function credentialSource(choice: CredentialChoice): Promise<KubeCredentialSource> {
  const { inCluster = false, ...kubeconfig } = choice
  const { kubeconfigPath, context } = kubeconfig
  if (inCluster && (kubeconfigPath !== undefined || context !== undefined)) {
    throw new SecretSyncError(
      'InvalidSpec',
      'in-cluster credentials cannot be combined with a kubeconfig or a context; set only one of them',
    )
  }
  if (inCluster) return await inClusterCredentials(process.env)
  const hasKubeconfig = Boolean(process.env.KUBECONFIG) || existsSync(path.join(homedir(), '.kube', 'config'))
  if (kubeconfigPath !== undefined || hasKubeconfig) {
    return await kubeconfigCredentials(kubeconfig)
  }
  if (process.env.KUBERNETES_SERVICE_HOST) return await inClusterCredentials(process.env)
  throw new SecretSyncError(
    'Unauthenticated',
    'no Kubernetes credentials: no kubeconfig (KUBECONFIG, ~/.kube/config) and not running in a pod; set --kubeconfig',
  )
}
