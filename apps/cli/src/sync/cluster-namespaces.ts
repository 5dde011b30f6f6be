import type { KubeClient, KubeList } from '@ack-secret-manager/k8s-client'
import type { Labels } from '../manifests/namespace-labels.ts'
import { answered } from './cluster-answer.ts'

const PAGE_SIZE = 500

/** Labels of all namespaces of the cluster but those that are about to go. @throws SecretSyncError */
export async function clusterNamespaces(client: KubeClient, signal: AbortSignal): Promise<ReadonlyMap<string, Labels>> {
  const found = new Map<string, Labels>()
  let next: string | undefined
  do {
    const query = { limit: String(PAGE_SIZE), ...(next === undefined ? {} : { continue: next }) }
    const page: KubeList = await answered('namespaces of the cluster, for a ClusterExternalSecret', () =>
      client.list('/api/v1/namespaces', { query, signal }),
    )
    for (const { metadata } of page.items) {
      if (metadata.deletionTimestamp === undefined) found.set(metadata.name ?? '', metadata.labels ?? {})
    }
    next = page.metadata.continue
  } while (next !== undefined && next !== '')
  return found
}
