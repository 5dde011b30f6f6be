import { KubeClient, type KubeClientOptions, type WriteFence } from '@ack-secret-manager/k8s-client'
import type { OperatorConfig } from './config/operator-config.ts'
import type { OperatorOptions } from './operator-parts.ts'

/** Calls at once beside those of the workers: 30 for events, restarts, stores and ClusterExternalSecrets, the rest for lists. */
const OTHER_CALLS = 48

/**
 * Watches open at once: 128 each for Secrets and ServiceAccounts of stores and for Secrets and ConfigMaps of templates; at
 * most 64 namespaces, four each.
 */
const MAX_STREAMS = 1_024

/** One at work, and one to try when opening that takes long. */
const LEASE_CONNECTIONS = 2

/**
 * The clients of the API server. All workers may wait for it, and find connections left for what else is to be said.
 * @throws SecretSyncError `InvalidSpec` | `Unauthenticated` when there are no credentials
 */
export async function openKubeClients(
  { kubeconfig, concurrency }: Pick<OperatorConfig, 'kubeconfig' | 'concurrency'>,
  onRequest: NonNullable<KubeClientOptions['onRequest']>,
  fence?: WriteFence,
): Promise<Pick<OperatorOptions, 'client' | 'leaseClient'>> {
  const common = { ...(kubeconfig === undefined ? {} : { kubeconfigPath: kubeconfig }), onRequest }
  const [client, leaseClient] = await Promise.all([
    KubeClient.fromKubeConfig({
      ...common,
      connections: concurrency + OTHER_CALLS,
      maxStreams: MAX_STREAMS,
      ...(fence && { fence }),
    }),
    KubeClient.fromKubeConfig({ ...common, connections: LEASE_CONNECTIONS }),
  ])
  return { client, leaseClient }
}
