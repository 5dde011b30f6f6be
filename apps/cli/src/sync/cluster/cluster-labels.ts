import { isSecretSyncError, Semaphore } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import type { Labels } from '../../manifests/namespace-labels.ts'
import { readObject } from './kube-errors.ts'

const MAX_CONCURRENT_LOOKUPS = 8

/** Options of {@link clusterLabels}. */
export interface ClusterLabelsOptions {
  readonly client: KubeClient
  readonly namespaces: readonly string[]
  /** Last known labels, which are kept if the API server does not respond. */
  readonly before: ReadonlyMap<string, Labels>
  /** Called for each namespace with unknown labels. */
  readonly onUnknown: (message: string) => void
  readonly signal: AbortSignal
}

/** Labels of namespaces of the cluster, without those that are unknown. */
export async function clusterLabels(options: ClusterLabelsOptions): Promise<ReadonlyMap<string, Labels>> {
  const { client, namespaces, before, onUnknown, signal } = options
  const slots = new Semaphore(MAX_CONCURRENT_LOOKUPS)
  const found = new Map<string, Labels>()
  const lookUp = async (namespace: string): Promise<void> => {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`
    const known = before.get(namespace)
    try {
      const { metadata } = await readObject(client, { path, what: `labels of namespace ${namespace}`, signal })
      found.set(namespace, metadata.labels ?? {})
    } catch (error) {
      if (!isSecretSyncError(error) || error.code === 'Cancelled') throw error
      if (known !== undefined && error.code !== 'NotFound') found.set(namespace, known)
      else onUnknown(`${error.message}; stores that select namespaces by labels do not admit it`)
    }
  }
  await Promise.all(namespaces.map((namespace) => slots.run(() => lookUp(namespace))))
  return found
}
