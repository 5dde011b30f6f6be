import { ACCEPT_METADATA_LIST, type KubeClient, listPages } from '@ack-secret-manager/k8s-client'
import type { Labels } from '../../manifests/namespace-labels.ts'
import { withKubeErrors } from './kube-errors.ts'

/** Labels of all namespaces of the cluster that are not being deleted. @throws SecretSyncError */
export async function clusterNamespaces(client: KubeClient, signal: AbortSignal): Promise<ReadonlyMap<string, Labels>> {
  const found = new Map<string, Labels>()
  const pages = listPages('/api/v1/namespaces', { client, accept: ACCEPT_METADATA_LIST, signal })
  await withKubeErrors('namespaces of the cluster, for a ClusterExternalSecret', async () => {
    for await (const page of pages) {
      for (const { metadata } of page.items) {
        if (metadata.deletionTimestamp === undefined) found.set(metadata.name ?? '', metadata.labels ?? {})
      }
    }
  })
  return found
}
